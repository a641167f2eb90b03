import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { removeDirectory } from "agentgateway-local-azure/host";
import { claimPort } from "../../../local-azure/src/dataPlane/replicas/process/portClaim.ts";
import { envoyConfig } from "./envoyConfig.ts";
import { everything } from "./gateways.ts";

/** A third-party proxy with two addresses in front of the same servers. */
export interface Proxy extends AsyncDisposable {
  /** With its own cookie affinity, in a cookie named `SRV`. */
  readonly affine: string;
  /** Round robin. */
  readonly plain: string;
}

export interface ProxyKind {
  readonly name: string;
  readonly installed: boolean;
  start(ports: readonly number[]): Promise<Proxy>;
}

const installed = (command: string, flag: string): boolean =>
  spawnSync(command, [flag], { stdio: "ignore" }).status === 0;

export const hasHaproxy = installed("haproxy", "-v");

export const proxyKinds: readonly ProxyKind[] = [
  {
    name: "HAProxy, inserted cookie",
    installed: hasHaproxy,
    start: (ports) => startHaproxy(ports),
  },
  {
    name: "Envoy, cookie session state",
    installed: installed("envoy", "--version"),
    start: (ports) => startProxy(ports, { file: "envoy.json", config: envoyText, command: envoyCommand }),
  },
];

interface Program {
  readonly file: string;
  config(affine: number, plain: number, ports: readonly number[]): string;
  command(file: string): [string, ...string[]];
}

const haproxyCommand = (file: string): [string, ...string[]] => ["haproxy", "-db", "-f", file];
const envoyCommand = (file: string): [string, ...string[]] => {
  return ["envoy", "-c", file, "--concurrency", "1", "--log-level", "off", "--disable-hot-restart"];
};

const envoyText = (affine: number, plain: number, ports: readonly number[]): string =>
  JSON.stringify(envoyConfig([{ port: affine, cookie: "SRV" }, { port: plain }], ports));

/** Starts HAProxy. `affinity` are configuration lines, by default those from its manual for an inserted cookie. */
export function startHaproxy(
  ports: readonly number[],
  affinity: readonly string[] = ["cookie SRV insert indirect nocache httponly"],
): Promise<Proxy> {
  const config = (...where: Parameters<Program["config"]>) => haproxyConfig(affinity, ...where);
  return startProxy(ports, { file: "haproxy.cfg", config, command: haproxyCommand });
}

function haproxyConfig(lines: readonly string[], affine: number, plain: number, ports: readonly number[]): string {
  const servers = ports.map((port, i) => `  server s${i} 127.0.0.1:${port} cookie s${i}`);
  const section = (name: string, port: number, cookie: string[]) =>
    [`listen ${name}`, `  bind 127.0.0.1:${port}`, "  balance roundrobin", ...cookie, ...servers].join("\n");
  return [
    "defaults",
    "  mode http",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    section(
      "affine",
      affine,
      lines.map((line) => `  ${line}`),
    ),
    section("plain", plain, []).replaceAll(/ cookie s\d+/g, ""),
    "",
  ].join("\n");
}

async function startProxy(ports: readonly number[], { file, config, command }: Program): Promise<Proxy> {
  const claims = [await claimPort(), await claimPort()] as const;
  const [affine, plain] = [claims[0].port, claims[1].port];
  const directory = await mkdtemp(join(tmpdir(), "proxy-"));
  await writeFile(join(directory, file), config(affine, plain, ports));
  const [program, ...args] = command(join(directory, file));
  const dispose = spawned(program, args, {});
  const proxy = {
    affine: `http://127.0.0.1:${affine}`,
    plain: `http://127.0.0.1:${plain}`,
    async [Symbol.asyncDispose]() {
      await dispose();
      for (const { release } of claims) release();
      await removeDirectory(directory);
    },
  };
  await listening([affine, plain], proxy);
  return proxy;
}

export interface Everything extends AsyncDisposable {
  readonly port: number;
}

/** Starts server-everything over Streamable HTTP in its own process, on loopback only. */
export async function startEverything(): Promise<Everything> {
  const { port, release } = await claimPort();
  const loopbackOnly = resolve("packages/local-azure/src/dataPlane/replicas/process/loopbackOnly.mjs");
  const args = ["--import", loopbackOnly, everything, "streamableHttp"];
  const dispose = spawned(process.execPath, args, { PORT: String(port) });
  const server = { port, [Symbol.asyncDispose]: () => dispose().then(release) };
  await listening([port], server);
  return server;
}

/** Starts a program and returns a function that kills it. */
function spawned(program: string, args: readonly string[], env: NodeJS.ProcessEnv): () => Promise<void> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore" });
  const ended = once(child, "exit");
  return async () => {
    child.kill("SIGKILL");
    await ended;
  };
}

/** Waits until all ports accept connections. After 30 s, disposes of what was started and rejects. */
async function listening(ports: readonly number[], started: AsyncDisposable): Promise<void> {
  const end = performance.now() + 30_000;
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (performance.now() > end) {
        await started[Symbol.asyncDispose]();
        throw new Error(`nothing listens on 127.0.0.1:${port}`);
      }
      await wait(50);
    }
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  // `once` rejects on an error event.
  const connected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
