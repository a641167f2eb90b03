import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Agent, buildConnector, request } from "undici";
import { unavailable } from "../../protocol/rpc.ts";
import { isObject, type Properties } from "../../protocol/values.ts";

export interface ArmOptions {
  /**
   * The variables in `.local/env`: ARM_METADATA_HOSTNAME, ARM_SUBSCRIPTION_ID, IDENTITY_ENDPOINT, IDENTITY_HEADER, the
   * local CA.
   */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Seconds for which transient failures are retried, see {@link transient}; default 120. */
  readonly retrySeconds?: number;
  /** Timeout of one call, in seconds; default AGW_ARM_SECONDS from the environment, else 60. */
  readonly answerSeconds?: number;
}

export interface Arm {
  readonly subscriptionId: string;
  /**
   * Sends a request, retries transient failures, and waits until a long-running operation ends. Undefined after a 404.
   * @throws OperationError if it failed after the service had accepted the request
   */
  send(method: Method, path: string, apiVersion: string, body?: Properties): Promise<Properties | undefined>;
}

type Method = "GET" | "PUT" | "POST" | "DELETE";

interface Answer {
  /** 0 if the connection was closed before an answer came; the body is then the error. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

type Send = (method: Method, url: URL, body?: Properties, headers?: Record<string, string>) => Promise<Answer>;

/** An error after Azure accepted a write: the operation failed, or waiting for it did. */
export class OperationError extends Error {}

/** An error response, in the format of Azure's SDK for Go. */
class ArmError extends Error {
  constructor(answer: Answer) {
    const { status } = answer;
    const { code, message } = errorOf(answer);
    super(`Status=${status} Code="${code ?? "Unknown"}" Message="${message ?? ""}"`);
  }
}

const errorOf = ({ body }: Answer): Properties => (isObject(body) && isObject(body.error) ? body.error : {});

/** Throws if the URL is not on this machine: these providers must never reach a real subscription. */
function requireLoopback(what: string, url: string): URL {
  const parsed = new URL(url);
  if (/^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(parsed.hostname)) return parsed;
  throw new Error(
    `${what} is ${parsed.origin}, which is not on loopback. This command only works on the local Azure. For a real subscription, run: pulumi up`,
  );
}

/**
 * Finds the control plane and signs in, the way azure-native does with ARM_METADATA_HOSTNAME and a managed identity.
 */
export async function connectArm(options: ArmOptions): Promise<Arm> {
  const { environment } = options;
  const setting = (name: string): string => {
    const value = environment[name];
    if (value) return value;
    throw new Error(`${name} is not set. Start a local Azure, which sets it: npx agw azure`);
  };
  const metadata = requireLoopback("ARM_METADATA_HOSTNAME", `https://${setting("ARM_METADATA_HOSTNAME")}`);
  const identity = requireLoopback("IDENTITY_ENDPOINT", setting("IDENTITY_ENDPOINT"));
  const [secret, subscriptionId] = [setting("IDENTITY_HEADER"), setting("ARM_SUBSCRIPTION_ID")];
  const anyone = sender(options);
  const found = (await anyone("GET", new URL("/metadata/endpoints?api-version=2022-09-01", metadata))).body;
  const { resourceManager } = (Array.isArray(found) ? found[0] : found) as Properties;
  const endpoint = requireLoopback("the Azure Resource Manager endpoint", String(resourceManager));

  identity.search = `?${new URLSearchParams({ "api-version": "2019-08-01", resource: endpoint.href })}`;
  const { status, body: granted } = await anyone("GET", identity, undefined, { "x-identity-header": secret });
  const token = isObject(granted) ? granted.access_token : undefined;
  if (typeof token !== "string") {
    throw new Error(`IDENTITY_ENDPOINT answered ${status} without a token. Check that IDENTITY_HEADER is current`);
  }
  const send: Send = (method, url, body) => anyone(method, url, body, { authorization: `Bearer ${token}` });
  return {
    subscriptionId,
    send: async (method, path, apiVersion, body) => {
      const answer = await send(method, new URL(`${path}?api-version=${apiVersion}`, endpoint), body);
      if (answer.status === 404) return undefined;
      if (answer.status >= 400) throw new ArmError(answer);
      const settled = method === "GET" || settle(answer, send, endpoint, options.signal);
      await Promise.resolve(settled).catch(({ message }: Error) => Promise.reject(new OperationError(message)));
      return (isObject(answer.body) ? answer.body : {}) as Properties;
    },
  };
}

/**
 * Returns whether to retry: after a dropped connection, a 429, a 5xx other than 501, and a 409 with the one code that
 * azure-native retries. Container Apps uses another code (provider/pkg/azure/client_azcore.go, shouldRetryConflict).
 */
const transient = (answer: Answer): boolean =>
  answer.status === 409
    ? errorOf(answer).code === "AnotherOperationInProgress"
    : answer.status === 0 || answer.status === 429 || (answer.status >= 500 && answer.status !== 501);

/** Error codes of Node.js and undici for a connection that was closed before the answer came. */
const droppedCodes = ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"];

const pauseSeconds = ({ "retry-after": text }: Answer["headers"]): number | undefined =>
  Number(text) >= 0 ? Number(text) : undefined;

/**
 * Returns a function that sends a request and retries after transient failures. All requests here are safe to repeat.
 * The wait doubles from 0.1 s to 5 s, unless the answer has a Retry-After.
 */
function sender(options: ArmOptions): Send {
  const { environment, signal, retrySeconds = 120 } = options;
  const answerSeconds = options.answerSeconds ?? (Number(environment.AGW_ARM_SECONDS) || 60);
  const caFile = environment.NODE_EXTRA_CA_CERTS ?? environment.SSL_CERT_FILE;
  const ca = caFile ? { ca: readFileSync(caFile) } : {};
  const dispatcher = new Agent({ connect: connector({ ...ca, timeout: answerSeconds * 1000 }, signal) });
  const once: Send = async (method, url, body, given) => {
    const limit = AbortSignal.timeout(answerSeconds * 1000);
    const headers = { "content-type": "application/json", ...given };
    const sent = { dispatcher, method, headers, body: body === undefined ? null : JSON.stringify(body) };
    try {
      const answer = await request(url, { ...sent, signal: AbortSignal.any([signal, limit]) });
      return { status: answer.statusCode, headers: answer.headers, body: parse(await answer.body.text()) };
    } catch (error) {
      const { message, code = "" } = error as NodeJS.ErrnoException;
      const silent = `no answer within ${answerSeconds} s. If no local Azure is running there, start one: npx agw azure`;
      const failed = new Error(`${method} ${url.origin}${url.pathname}: ${limit.aborted ? silent : message}`);
      Object.assign(failed, { code: unavailable });
      if (droppedCodes.includes(code)) return { status: 0, headers: {}, body: failed };
      throw failed;
    }
  };
  return async (...call) => {
    const deadline = Date.now() + retrySeconds * 1000;
    for (let wait = 0.1; ; wait = Math.min(wait * 2, 5)) {
      const answer = await once(...call);
      const milliseconds = (pauseSeconds(answer.headers) ?? wait) * 1000;
      if (transient(answer) && Date.now() + milliseconds <= deadline) await sleep(Math.max(milliseconds, 50), signal);
      else if (answer.status === 0) throw answer.body;
      else return answer;
    }
  };
}

/**
 * Returns a connector that the signal can abort only while it is connecting; otherwise, a pending connection would keep
 * the process alive. An open connection is left to its request: Node.js crashes if both destroy a socket that is being
 * read.
 */
const connector =
  (options: buildConnector.BuildOptions, signal: AbortSignal): buildConnector.connector =>
  (to, done) => {
    const making = new AbortController();
    const stop = (): void => making.abort(signal.reason);
    signal.addEventListener("abort", stop);
    buildConnector({ ...options, signal: making.signal } as buildConnector.BuildOptions)(to, (...made) => {
      signal.removeEventListener("abort", stop);
      done(...made);
    });
  };

/** Waits. Rejects with the signal's reason, while Node.js would only report that something was aborted. */
const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  pause(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());

function parse(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}

/** Polls Azure-AsyncOperation, or else Location, until the operation ends. @throws the error of a failed operation */
async function settle({ status, headers }: Answer, send: Send, endpoint: URL, signal: AbortSignal) {
  const operation = headers["azure-asyncoperation"];
  const address = operation ?? (status === 202 ? headers.location : undefined);
  if (address === undefined) return;
  const url = requireLoopback("the address of a long-running operation", new URL(String(address), endpoint).href);
  for (let wait = 0.05; ; wait = Math.min(wait * 2, 2)) {
    const answer = await send("GET", url);
    const state = isObject(answer.body) ? answer.body.status : undefined;
    if (answer.status >= 400 || state === "Failed" || state === "Canceled") throw new ArmError(answer);
    if (operation === undefined ? answer.status !== 202 : state === "Succeeded") return;
    await sleep((pauseSeconds(answer.headers) ?? wait) * 1000 || 50, signal);
  }
}
