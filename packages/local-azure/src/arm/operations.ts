import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ArmError, errors } from "./errors.ts";
import type { ArmCall, ArmReply } from "./router.ts";
import { identity } from "./token.ts";

/** One long-running operation, as its status address shows it. */
export interface Operation {
  readonly id: string;
  readonly startTime: string;
  status: "InProgress" | "Succeeded" | "Failed";
  endTime?: string;
  error?: { code: string; message: string };
  /** What the result address answers with; undefined: nothing is left to show. */
  readonly result?: (origin: string) => unknown;
  /** Settles when the operation has; never rejects. */
  readonly done: Promise<void>;
}

/** What a fault does to the next operation. */
export interface OperationFault {
  readonly seconds?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Told before the status changes, so that whoever sees the new status sees the resource in it. */
export interface Settled {
  readonly result?: (origin: string) => unknown;
  readonly succeeded?: () => void;
  readonly failed?: (error: ArmError) => void;
}

const maxKept = 1000;

/** How long a status request is held while its operation runs, so that a client that polls at once does not spin. */
const holdMilliseconds = 500;

/** Runs long operations and answers their status and result addresses. */
export class Operations {
  readonly #all = new Map<string, Operation>();
  readonly #seconds: number;
  readonly #fault: () => OperationFault | undefined;
  readonly #stopped = new AbortController();

  /** `seconds`: the least that an operation takes; default 0. `fault` is asked once an operation. */
  constructor(seconds: number, fault: () => OperationFault | undefined) {
    this.#seconds = seconds;
    this.#fault = fault;
  }

  /** Starts the work at once; its failure becomes the operation's error. */
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

  /** Azure too keeps an operation's address only for a while; those that still run stay. */
  #forget(): void {
    for (const { id, status } of this.#all.values()) {
      if (this.#all.size <= maxKept) return;
      if (status !== "InProgress") this.#all.delete(id);
    }
  }

  find(id: string): Operation {
    const operation = this.#all.get(id.toLowerCase());
    if (operation === undefined) throw errors.operationNotFound(id);
    return operation;
  }

  /** Ends the waiting of slow operations and resolves when all have settled. */
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

  /** Holds a status request until the operation ends, at most half a second. */
  async settle(operation: Operation): Promise<void> {
    if (operation.status === "InProgress")
      await Promise.race([operation.done, delay(holdMilliseconds, undefined, { ref: false })]);
  }
}

/** The addresses of an operation that a 201 or 202 names. */
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

/** Answers the status address of a long operation. */
export async function operationStatus(cloud: HasOperations, call: ArmCall): Promise<ArmReply> {
  const operation = cloud.operations.find(call.params.operation ?? "");
  await cloud.operations.settle(operation);
  return statusReply(operation, call.path);
}

/** The Location of a long operation: 202 while it runs, then what it came to. */
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

/** The body of the status address. Retry-After 0 keeps clients from sleeping: the answer itself is held instead. */
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
