import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startTestApp, type TestApp } from "../../../../tests/support/mcp/testApp.ts";

export const everything = fileURLToPath(
  new URL("../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js", import.meta.url),
);

/** Starts server-everything, MCP's example server, as a replica: sessions in memory, no tool that names the replica. */
export const everythingCommand = `'${process.execPath}' '${everything}' streamableHttp --port={port}`;

const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;
export const hasAgentgateway =
  runs("agentgateway", "--version") && runs("unshare", "--user", "--map-root-user", "--net", "true");

export interface GatewayOptions {
  readonly affinity: "sticky" | "none";
  /** Default 2. */
  readonly replicas?: number;
  /** `http`: a server at this URL; `stdio`: a process per session in the gateway; `mixed`: both in one backend. */
  readonly target: GatewayTarget;
  /** `shared`: one SESSION_KEY for all replicas; `own`: one per replica; none by default. */
  readonly key?: "shared" | "own";
  /** CONNECTION_MIN_TERMINATION_DEADLINE; calls in flight can take twice as long. Not set by default. */
  readonly drainSeconds?: number;
  /** Whether to use stateless mode, without session IDs. Default false. */
  readonly stateless?: boolean;
}

export type GatewayTarget =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "stdio" }
  | { readonly kind: "mixed"; readonly url: string };

/** Starts real AgentGateway replicas behind the local ingress, each in a network namespace and named by `x-replica`. */
export function startAgentgateways({ affinity, replicas = 2, ...options }: GatewayOptions): Promise<TestApp> {
  const { key, drainSeconds } = options;
  // The shell creates a key per replica; a shared key is set as an environment variable of the container.
  const shell = key === "own" ? "export SESSION_KEY=$(od -An -v -N32 -tx1 /dev/urandom | tr -d ' \\n') && " : "";
  const own = "sed s/REPLICA/$CONTAINER_APP_REPLICA_NAME/ {files}/config/config.yaml > {files}/config/own.yaml";
  const container = {
    name: "agentgateway",
    image: "cr.agentgateway.dev/agentgateway:v1.4.1",
    env: {
      ...(key === "shared" ? { SESSION_KEY: "5e".repeat(32) } : {}),
      ...(drainSeconds === undefined ? {} : { CONNECTION_MIN_TERMINATION_DEADLINE: `${drainSeconds}s` }),
    },
    probes: [{ type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 }, periodSeconds: 1 }] as const,
    files: { "/config/config.yaml": configOf(options) },
  };
  return startTestApp({
    replicas,
    affinity,
    revision: { containers: [container] },
    plane: { replicaCommand: `/bin/sh -c "${shell}${own} && exec agentgateway -f {files}/config/own.yaml"` },
  });
}

function configOf({ target, stateless = false }: Pick<GatewayOptions, "target" | "stateless">): string {
  const upstream = target.kind === "stdio" ? [] : [{ name: "up", mcp: { host: target.url } }];
  const server = { name: "own", stdio: { cmd: process.execPath, args: [everything, "stdio"] } };
  const targets = target.kind === "http" ? upstream : [...upstream, server];
  const route = {
    policies: { responseHeaderModifier: { set: { "x-replica": "REPLICA" } } },
    backends: [{ mcp: { targets, ...(stateless ? { statefulMode: "stateless" } : {}) } }],
  };
  return JSON.stringify({ binds: [{ port: 8080, listeners: [{ routes: [route] }] }] });
}
