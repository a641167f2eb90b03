import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/local/replicas/freePort.ts";
import { startTestApp, type TestApp } from "./testApp.ts";

const everything = fileURLToPath(
  new URL("../../node_modules/@modelcontextprotocol/server-everything/dist/index.js", import.meta.url),
);

/** The protocol's own example server as a replica's command: sessions in memory, no tool that names the replica. */
export const everythingCommand = `'${process.execPath}' '${everything}' streamableHttp --port={port}`;

const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;
export const hasHaproxy = runs("haproxy", "-v");
export const hasAgentgateway =
  runs("agentgateway", "--version") && runs("unshare", "--user", "--map-root-user", "--net", "true");

export interface Haproxy extends AsyncDisposable {
  /** With a cookie of its own, `SRV`. */
  readonly affine: string;
  /** By turns. */
  readonly plain: string;
}

/** HAProxy as its manual configures cookie affinity, and beside it without. */
export async function startHaproxy(ports: readonly number[]): Promise<Haproxy> {
  const directory = await mkdtemp(join(tmpdir(), "haproxy-"));
  const [affine, plain] = [await freePort(), await freePort()];
  const servers = ports.map((port, i) => `  server s${i} 127.0.0.1:${port} cookie s${i}`);
  const section = (name: string, port: number, cookie: string[]) =>
    [`listen ${name}`, `  bind 127.0.0.1:${port}`, "  balance roundrobin", ...cookie, ...servers].join("\n");
  const config = [
    "defaults",
    "  mode http",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    section("affine", affine, ["  cookie SRV insert indirect nocache httponly"]),
    section("plain", plain, []).replaceAll(/ cookie s\d+/g, ""),
    "",
  ].join("\n");
  const file = join(directory, "haproxy.cfg");
  await writeFile(file, config);
  const child = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" });
  const ended = once(child, "exit");
  const dispose = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilListening(affine);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { affine: `http://127.0.0.1:${affine}`, plain: `http://127.0.0.1:${plain}`, [Symbol.asyncDispose]: dispose };
}

/** Resolves once something accepts connections there; rejects after 10 s. */
async function untilListening(port: number): Promise<void> {
  for (const end = performance.now() + 10_000; performance.now() < end; await wait(50)) {
    const socket = connect(port, "127.0.0.1");
    // `once` rejects on an error event.
    const connected = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
  }
  throw new Error(`nothing listens on 127.0.0.1:${port}`);
}

export interface GatewayOptions {
  readonly affinity: "sticky" | "none";
  /** Default 2. */
  readonly replicas?: number;
  /** `http`: the upstream's address; `stdio`: each session its own process in the gateway. */
  readonly target: { readonly kind: "http"; readonly url: string } | { readonly kind: "stdio" };
  /** Each replica its own SESSION_KEY; default: none has one. */
  readonly ownKeys?: boolean;
}

/** Replicas of the real agentgateway behind the local ingress, each in a network namespace, named by `x-replica`. */
export function startAgentgateways({
  affinity,
  target,
  replicas = 2,
  ownKeys = false,
}: GatewayOptions): Promise<TestApp> {
  const mcp =
    target.kind === "http"
      ? { name: "up", mcp: { host: target.url } }
      : { name: "up", stdio: { cmd: process.execPath, args: [everything, "stdio"] } };
  const route = {
    policies: { responseHeaderModifier: { set: { "x-replica": "REPLICA" } } },
    backends: [{ mcp: { targets: [mcp] } }],
  };
  const config = JSON.stringify({ binds: [{ port: 8080, listeners: [{ routes: [route] }] }] });
  const key = ownKeys ? "export SESSION_KEY=$(od -An -v -N32 -tx1 /dev/urandom | tr -d ' \\n') && " : "";
  const own = "sed s/REPLICA/$CONTAINER_APP_REPLICA_NAME/ {files}/config/config.yaml > {files}/config/own.yaml";
  const container = {
    name: "agentgateway",
    image: "cr.agentgateway.dev/agentgateway:v1.4.1",
    env: {},
    probes: [{ type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 }, periodSeconds: 1 }] as const,
    files: { "/config/config.yaml": config },
  };
  return startTestApp({
    replicas,
    affinity,
    revision: { containers: [container] },
    plane: { replicaCommand: `/bin/sh -c "${key}${own} && exec agentgateway -f {files}/config/own.yaml"` },
  });
}
