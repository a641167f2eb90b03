import { connect } from "node:net";
import { request } from "undici";
import type { ProbeSpec } from "../dataPlane.ts";
import type { Endpoint } from "./replicaProcess.ts";

/** A probe with its defaults filled in and its port mapped to the replica's own. */
export interface ProbePlan {
  readonly type: ProbeSpec["type"];
  readonly target: { readonly kind: "http"; readonly path: string } | { readonly kind: "tcp" };
  readonly port: number;
  readonly initialDelay: number;
  readonly period: number;
  readonly timeout: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/**
 * The probes of one replica. The target port is its data port, any other port its health port; where the command was told
 * no health port, such a probe only asks whether the data port accepts connections. Without probes Container Apps adds
 * TCP probes on the target port (Microsoft Learn, "Health probes in Azure Container Apps").
 */
export function planProbes(probes: readonly ProbeSpec[], targetPort: number, endpoint: Endpoint): ProbePlan[] {
  const specs: readonly ProbeSpec[] = probes.some(({ type }) => type === "Readiness")
    ? probes
    : [...probes, { type: "Readiness", tcpSocket: { port: targetPort }, failureThreshold: 48, periodSeconds: 5 }];
  return specs.map((spec) => {
    const wanted = spec.httpGet?.port ?? spec.tcpSocket?.port ?? targetPort;
    const port = wanted === targetPort ? endpoint.port : endpoint.healthPort;
    return {
      type: spec.type,
      target: spec.httpGet && port !== undefined ? { kind: "http", path: spec.httpGet.path } : { kind: "tcp" },
      port: port ?? endpoint.port,
      initialDelay: spec.initialDelaySeconds ?? 0,
      period: spec.periodSeconds ?? 10,
      timeout: spec.timeoutSeconds ?? 1,
      failureThreshold: spec.failureThreshold ?? 3,
      successThreshold: spec.successThreshold ?? 1,
    };
  });
}

/** Seconds after which a replica that no startup or readiness probe ever passed counts as failed. */
export function startupBudget(plans: readonly ProbePlan[]): number {
  const budgets = plans.map(({ initialDelay, period, failureThreshold }) => initialDelay + period * failureThreshold);
  return Math.max(...budgets, 1);
}

/** Undefined where the probe passes, else why it does not. */
export async function ask(plan: ProbePlan): Promise<string | undefined> {
  const milliseconds = plan.timeout * 1000;
  const where = `${plan.type} probe on port ${plan.port}`;
  if (plan.target.kind === "tcp")
    return (await accepts(plan.port, milliseconds)) ? undefined : `${where}: no connection`;
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${plan.port}${plan.target.path}`, {
      headersTimeout: milliseconds,
      bodyTimeout: milliseconds,
      reset: true,
    });
    await body.dump();
    // Kubernetes' rule: 200 to 399 passes.
    return statusCode >= 200 && statusCode < 400
      ? undefined
      : `${where}: GET ${plan.target.path} answers ${statusCode}`;
  } catch (error) {
    return `${where}: GET ${plan.target.path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function accepts(port: number, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: milliseconds });
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
    socket.once("timeout", () => done(false));
  });
}
