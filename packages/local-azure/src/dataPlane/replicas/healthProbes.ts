import { connect } from "node:net";
import type { ProbeSpec } from "../contract/dataPlane.ts";
import { type Address, addressKey, type Endpoint } from "../net/address.ts";
import { get } from "../net/nodeHttp.ts";

/** A probe with defaults filled in and its port mapped to the replica's port. Times are in seconds. */
export interface ProbePlan {
  readonly type: ProbeSpec["type"];
  readonly target: { readonly kind: "http"; readonly path: string } | { readonly kind: "tcp" };
  readonly address: Address;
  readonly initialDelay: number;
  readonly period: number;
  readonly timeout: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/**
 * Plans the probes of one replica. The target port maps to its data port, any other port to its health port. Without a
 * health port, such a probe only checks that the data port accepts connections. A replica without a readiness probe
 * gets a TCP probe of the target port, as on Container Apps (Microsoft Learn, "Health probes in Azure Container Apps").
 */
export function planProbes(probes: readonly ProbeSpec[], targetPort: number, endpoint: Endpoint): ProbePlan[] {
  const specs: readonly ProbeSpec[] = probes.some(({ type }) => type === "Readiness")
    ? probes
    : [...probes, { type: "Readiness", tcpSocket: { port: targetPort }, failureThreshold: 48, periodSeconds: 5 }];
  return specs.map((spec) => {
    const wanted = spec.httpGet?.port ?? spec.tcpSocket?.port ?? targetPort;
    const address = wanted === targetPort ? endpoint.data : endpoint.health;
    return {
      type: spec.type,
      target: spec.httpGet && address !== undefined ? { kind: "http", path: spec.httpGet.path } : { kind: "tcp" },
      address: address ?? endpoint.data,
      initialDelay: spec.initialDelaySeconds ?? 0,
      period: spec.periodSeconds ?? 10,
      timeout: spec.timeoutSeconds ?? 1,
      failureThreshold: spec.failureThreshold ?? 3,
      successThreshold: spec.successThreshold ?? 1,
    };
  });
}

/** Returns the seconds after which a replica counts as failed if its startup and readiness probes don't pass. */
export function startupBudget(plans: readonly ProbePlan[]): number {
  const budgets = plans.map(({ initialDelay, period, failureThreshold }) => initialDelay + period * failureThreshold);
  return Math.max(...budgets, 1);
}

/** Runs a probe. Resolves to undefined if it passes, otherwise to the reason. */
export function ask({ type, target, address, timeout }: ProbePlan): Promise<string | undefined> {
  const where = `${type} probe on ${addressKey(address)}`;
  return target.kind === "tcp"
    ? accepts(address, timeout * 1000, where)
    : answers(address, timeout * 1000, target.path, `${where}: GET ${target.path}`);
}

function answers(address: Address, timeout: number, path: string, where: string): Promise<string | undefined> {
  const place = "path" in address ? { socketPath: address.path } : address;
  return new Promise((resolve) => {
    const request = get({ ...place, path, agent: false }, (response) => {
      const { statusCode = 0 } = response;
      response.destroy();
      // Kubernetes' rule: 200 to 399 passes.
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `${where} answered ${statusCode}`);
    });
    // Limits the whole response: the timeout option of Node.js restarts with each byte.
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    request.once("error", (error) => resolve(`${where}: ${error.message}`));
    request.once("close", () => clearTimeout(timer));
  });
}

function accepts(address: Address, timeout: number, where: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, timeout });
    const done = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once("connect", () => done());
    socket.once("error", (error) => done(`${where}: ${error.message}`));
    socket.once("timeout", () => done(`${where}: no connection within ${timeout} ms`));
  });
}
