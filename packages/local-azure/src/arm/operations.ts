import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ArmError, errors } from "./errors.ts";
import type { ArmCall, ArmReply } from "./router.ts";
import { identity } from "./token.ts";

/** One long-running operation, as its status URL shows it. */
export interface Operation {
  readonly id: string;
  readonly startTime: string;
  status: "InProgress" | "Succeeded" | "Failed";
  endTime?: string;
  error?: { code: string; message: string };
  /** Body that the result URL returns. Undefined: it returns 204. */
  readonly result?: (origin: string) => unknown;
  /** Resolves when the operation has ended. Never rejects. */
  readonly done: Promise<void>;
}

/** How a fault changes the next operation: minimum duration in seconds, and the error that it fails with. */
export interface OperationFault {
  readonly seconds?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * Callbacks that run before the status changes, so that a client that sees the new status also sees the new resource.
 */
export interface Settled {
  readonly result?: (origin: string) => unknown;
  readonly succeeded?: () => void;
  readonly failed?: (error: ArmError) => void;
}

const maxKept = 1000;

/** How long a status request waits while its operation runs, so that a client that polls immediately doesn't spin. */
const holdMilliseconds = 500;

/** Runs long-running operations and keeps their outcome. */
export class Operations {
  readonly #all = new Map<string, Operation>();
  readonly #seconds: number;
  readonly #fault: () => OperationFault | undefined;
  readonly #stopped = new AbortController();

  /** `seconds`: minimum duration of an operation. `fault` is called once per operation. */
  constructor(seconds: number, fault: () => OperationFault | undefined) {
    this.#seconds = seconds;
    this.#fault = fault;
  }

  /** Starts the work immediately. If it fails, its error becomes the operation's. */
  start(work: () => Promise<void>, settled: Settled = {}): Operation {
    const operation: Operation = {
      id: randomUUID(),
      startTime: new Date().toISOString(),
      status: "InProgress",
      ...(settled.result === undefined ? {} : { result: settled.result }),
      done: Promise.resolve().then(() => this.#run(operation, work, settled)),
    };
    this.#all.set(operation.id, operation);
    this.#forget();
    return operation;
  }

  /** Drops the oldest ended operations above the limit. Azure too keeps an operation's URL only for a while. */
  #forget(): void {
    for (const { id, status } of this.#all.values()) {
      if (this.#all.size <= maxKept) return;
      if (status !== "InProgress") this.#all.delete(id);
    }
  }

  /** @throws {ArmError} 404 if the operation doesn't exist. */
  find(id: string): Operation {
    const operation = this.#all.get(id.toLowerCase());
    if (operation === undefined) throw errors.operationNotFound(id);
    return operation;
  }

  /** Cuts artificial delays short, then waits until all operations have ended. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([...this.#all.values()].map((operation) => operation.done));
  }

  async #run(operation: Operation, work: () => Promise<void>, settled: Settled): Promise<void> {
    const fault = this.#fault();
    const least = this.#wait(fault?.seconds ?? this.#seconds);
    try {
      if (fault?.error !== undefined) {
        await least;
        throw new ArmError(400, fault.error.code, fault.error.message);
      }
      await Promise.all([work(), least]);
      settled.succeeded?.();
      operation.status = "Succeeded";
    } catch (error) {
      const known = error instanceof ArmError ? error : new ArmError(500, "ContainerAppOperationError", String(error));
      settled.failed?.(known);
      operation.error = known.body.error;
      operation.status = "Failed";
    }
    operation.endTime = new Date().toISOString();
  }

  async #wait(seconds: number): Promise<void> {
    if (seconds > 0) await delay(seconds * 1000, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }

  /** Waits until the operation ends, but no longer than {@link holdMilliseconds}. */
  async settle(operation: Operation): Promise<void> {
    if (operation.status === "InProgress")
      await Promise.race([operation.done, delay(holdMilliseconds, undefined, { ref: false })]);
  }
}

/** Returns the headers with an operation's URLs, for a 201 or 202 response. */
export function operationHeaders(
  call: ArmCall,
  operation: Operation,
  location: string,
  kind = "containerapp",
): Record<string, string> {
  const provider = `${call.origin}/subscriptions/${identity.subscription}/providers/Microsoft.App/locations/${location}`;
  const suffix = `${operation.id}?api-version=${call.apiVersion}&azureAsyncOperation=true`;
  return {
    "azure-asyncoperation": `${provider}/${kind}OperationStatuses/${suffix}`,
    location: `${provider}/${kind}OperationResults/${suffix}`,
  };
}

interface HasOperations {
  readonly operations: Operations;
}

/** Handles the status URL of a long-running operation. */
export async function operationStatus(cloud: HasOperations, call: ArmCall): Promise<ArmReply> {
  const operation = cloud.operations.find(call.params.operation ?? "");
  await cloud.operations.settle(operation);
  return statusReply(operation, call.path);
}

/** Handles the Location URL of a long-running operation: 202 while it runs, then its result or error. */
export async function operationResult(cloud: HasOperations, call: ArmCall): Promise<ArmReply> {
  const operation = cloud.operations.find(call.params.operation ?? "");
  await cloud.operations.settle(operation);
  if (operation.status === "InProgress") {
    const again = `${call.origin}${call.path}?${call.query}`;
    return { status: 202, headers: { location: again, "retry-after": "0" } };
  }
  if (operation.error !== undefined) throw errors.invalid(operation.error.code, operation.error.message);
  return operation.result === undefined ? { status: 204 } : { status: 200, body: operation.result(call.origin) };
}

/** Retry-After is 0 so that clients don't sleep: the server delays the response instead. */
function statusReply(operation: Operation, path: string): ArmReply {
  const { id, status, startTime, endTime, error } = operation;
  const body = {
    id: path,
    name: id,
    status,
    startTime,
    ...(endTime === undefined ? {} : { endTime }),
    ...(error === undefined ? {} : { error }),
  };
  return { status: 200, body, headers: { "retry-after": "0" } };
}
