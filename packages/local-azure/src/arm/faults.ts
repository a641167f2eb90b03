import { errors } from "./errors.ts";
import { isObject, type Json } from "./json.ts";
import type { OperationFault } from "./operations.ts";
import type { ArmReply } from "./router.ts";

/** A fault to inject into the next matching call, the next operation, or the next revision with an image. */
export type Fault =
  | { readonly kind: "answer"; readonly status: 429 | 500 | 503; readonly retryAfterSeconds: number }
  | { readonly kind: "drop" }
  | ({ readonly kind: "operation" } & OperationFault)
  | { readonly kind: "image"; readonly image: string };

interface Rule {
  readonly fault: Fault;
  /** Undefined matches any method. */
  readonly method: string | undefined;
  /** Matches any path that contains it, ignoring case. */
  readonly path: string;
  left: number;
}

/** The requested faults, oldest first. Each one is used up by the calls that it hits. */
export class Faults {
  #rules: Rule[] = [];

  /** Uses up one fault that matches this call, and returns it. */
  forCall(method: string, path: string): Fault | undefined {
    return this.#take(
      (rule) =>
        (rule.fault.kind === "answer" || rule.fault.kind === "drop") &&
        (rule.method === undefined || rule.method === method) &&
        path.toLowerCase().includes(rule.path.toLowerCase()),
    );
  }

  /** Uses up one fault for the operation that is about to start, and returns it. */
  forOperation(): OperationFault | undefined {
    const fault = this.#take((rule) => rule.fault.kind === "operation");
    return fault?.kind === "operation" ? fault : undefined;
  }

  /** Uses up one fault for a new revision with this image. Returns whether the pull has to fail. */
  forImage(image: string): boolean {
    return this.#take(({ fault }) => fault.kind === "image" && fault.image === image) !== undefined;
  }

  /**
   * Handles `/_local/faults`: POST adds a fault, DELETE removes all, GET only reads. Each returns the remaining faults.
   */
  handle(method: string, body: Json | undefined): ArmReply {
    if (method === "DELETE") this.#rules = [];
    else if (method === "POST") this.#rules.push(parse(body ?? null));
    else if (method !== "GET") throw errors.notImplemented(`${method} /_local/faults`);
    return { status: method === "POST" ? 201 : 200, body: { value: this.#rules.map(shown) } };
  }

  #take(fits: (rule: Rule) => boolean): Fault | undefined {
    const rule = this.#rules.find(fits);
    if (rule === undefined) return undefined;
    rule.left -= 1;
    this.#rules = this.#rules.filter(({ left }) => left > 0);
    return rule.fault;
  }
}

/** Returns a rule in the form that {@link parse} accepts, with `times` as the number that is left. */
function shown({ fault: { kind, ...rest }, method, path, left }: Rule): object {
  return {
    fault: kind,
    ...rest,
    ...(method === undefined ? {} : { method }),
    ...(path === "" ? {} : { path }),
    times: left,
  };
}

/** Properties of each fault, in addition to `fault` and `times`. */
const takes = {
  answer: ["status", "retryAfterSeconds", "method", "path"],
  drop: ["method", "path"],
  operation: ["seconds", "error"],
  image: ["image"],
} as const satisfies Record<Fault["kind"], readonly string[]>;
const kinds = Object.keys(takes);

const statuses = [429, 500, 503] as const;
const maxTimes = 1000;
const maxSeconds = 600;

/** Parses a fault request (docs/local-azure.md describes it). @throws {ArmError} that lists every problem */
function parse(body: Json): Rule {
  if (!isObject(body)) throw errors.invalidBody(["$: must be an object."]);
  const { fault: kind, method, path = "", times = 1, status, retryAfterSeconds = 0, seconds, error, image } = body;
  const problems: string[] = [];
  const want = (ok: boolean, problem: string): void => void (ok || problems.push(problem));
  const count = (value: unknown, most: number): boolean => typeof value === "number" && value >= 0 && value <= most;
  const known = isObject(error) && typeof error.code === "string" && typeof error.message === "string";
  const isKind = typeof kind === "string" && Object.hasOwn(takes, kind);
  want(isKind, `$.fault: must be one of ${kinds.join(", ")}.`);
  want(method === undefined || typeof method === "string", "$.method: must be a string.");
  want(typeof path === "string", "$.path: must be a string, part of the request path.");
  want(
    count(times, maxTimes) && Number.isInteger(times) && Number(times) >= 1,
    `$.times: must be a whole number from 1 to ${maxTimes}.`,
  );
  want(kind !== "answer" || statuses.includes(status as 429), `$.status: must be one of ${statuses.join(", ")}.`);
  want(count(retryAfterSeconds, maxSeconds), `$.retryAfterSeconds: must be a number from 0 to ${maxSeconds}.`);
  want(seconds === undefined || count(seconds, maxSeconds), `$.seconds: must be a number from 0 to ${maxSeconds}.`);
  want(error === undefined || known, "$.error: must have 'code' and 'message', both strings.");
  want(
    kind !== "image" || (typeof image === "string" && image !== ""),
    "$.image: must be the image, written as in the app's template.",
  );
  const names = ["fault", "times", ...(isKind ? takes[kind as Fault["kind"]] : Object.values(takes).flat())];
  const unknown = Object.keys(body).filter((name) => !names.includes(name));
  for (const name of unknown)
    problems.push(`$.${name}: is not a property of ${isKind ? `fault '${kind}'` : "any fault"}.`);
  if (problems.length > 0) throw errors.invalidBody(problems);
  return {
    fault: faultOf(kind as Fault["kind"], body),
    method: typeof method === "string" ? method.toUpperCase() : undefined,
    path: String(path),
    left: Number(times),
  };
}

function faultOf(kind: Fault["kind"], body: Record<string, unknown>): Fault {
  switch (kind) {
    case "answer":
      return { kind, status: body.status as 429, retryAfterSeconds: Number(body.retryAfterSeconds ?? 0) };
    case "drop":
      return { kind };
    case "image":
      return { kind, image: String(body.image) };
    case "operation": {
      const error = body.error as OperationFault["error"];
      return {
        kind,
        ...(body.seconds === undefined ? {} : { seconds: Number(body.seconds) }),
        ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      };
    }
  }
}
