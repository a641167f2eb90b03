import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startTestApp, type TestApp } from "../../../../tests/support/mcp/testApp.ts";

export const everything = fileURLToPath(
  new URL("../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js", import.meta.url),
);

/** The protocol's own example server as a replica's command: sessions in memory, no tool that names the replica. */
export const everythingCommand = `'${process.execPath}' '${everything}' streamableHttp --port={port}`;

const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;
export const hasAgentgateway =
  runs("agentgateway", "--version") && runs("unshare", "--user", "--map-root-user", "--net", "true");

export interface GatewayOptions {
  readonly affinity: "sticky" | "none";
  /** Default 2. */
  readonly replicas?: number;
  /** `http`: this address; `stdio`: each session its own process in the gateway; `mixed`: both in one backend. */
  readonly target: GatewayTarget;
  /** `shared`: one SESSION_KEY for all replicas; `own`: each replica another one; default: none has one. */
  readonly key?: "shared" | "own";
  /** CONNECTION_MIN_TERMINATION_DEADLINE; calls in flight may take twice as long. Default: not set. */
  readonly drainSeconds?: number;
  /** No session ids: each call stands for itself. Default false. */
  readonly stateless?: boolean;
}

export type GatewayTarget =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "stdio" }
  | { readonly kind: "mixed"; readonly url: string };

/** Replicas of the real agentgateway behind the local ingress, each in a network namespace, named by `x-replica`. */
export function startAgentgateways({ affinity, replicas = 2, ...options }: GatewayOptions): Promise<TestApp> {
  const { key, drainSeconds } = options;
  // The shell makes a key of its own for each replica; one that all share comes as a container's variable.
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
