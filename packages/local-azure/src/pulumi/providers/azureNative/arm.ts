import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Agent, buildConnector, request } from "undici";
import { unavailable } from "../../protocol/rpc.ts";
import { isObject, type Properties } from "../../protocol/values.ts";

export interface ArmOptions {
  /** The variables of `.local/env`: ARM_METADATA_HOSTNAME, ARM_SUBSCRIPTION_ID, IDENTITY_ENDPOINT, IDENTITY_HEADER and the local CA. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Seconds for which dropped connections, 429 and 5xx answers and some of 409 are retried; default 120. */
  readonly retrySeconds?: number;
  /** Seconds after which a call without an answer is given up; default AGW_ARM_SECONDS of the environment, else 60. */
  readonly answerSeconds?: number;
}

export interface Arm {
  readonly subscriptionId: string;
  /**
   * Sends a request, retries what is transient, follows a long operation to its end. Undefined: 404.
   * @throws OperationError if the service had accepted the request
   */
  send(method: Method, path: string, apiVersion: string, body?: Properties): Promise<Properties | undefined>;
}

type Method = "GET" | "PUT" | "POST" | "DELETE";

interface Answer {
  /** 0: the connection was closed before an answer came; the body is the error then. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

type Send = (method: Method, url: URL, body?: Properties, headers?: Record<string, string>) => Promise<Answer>;

/** What went wrong after a write had been accepted: its operation failed, or was not followed to its end. */
export class OperationError extends Error {}

/** An error answer, in the words of Azure's own SDK for Go. */
class ArmError extends Error {
  constructor(answer: Answer) {
    const { status } = answer;
    const { code, message } = errorOf(answer);
    super(`Status=${status} Code="${code ?? "Unknown"}" Message="${message ?? ""}"`);
  }
}

const errorOf = ({ body }: Answer): Properties => (isObject(body) && isObject(body.error) ? body.error : {});

/** Throws for a host that is not this machine: the local engine must never reach a real subscription. */
function requireLoopback(what: string, url: string): URL {
  const parsed = new URL(url);
  if (/^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(parsed.hostname)) return parsed;
  throw new Error(
    `${what} is ${parsed.origin}, which is not on loopback. This engine only works on the local Azure; for a real subscription use Pulumi's own CLI: pulumi up`,
  );
}

/** Finds the control plane and signs in, as azure-native does with ARM_METADATA_HOSTNAME and a managed identity. */
export async function connectArm(options: ArmOptions): Promise<Arm> {
  const { environment } = options;
  const setting = (name: string): string => {
    const value = environment[name];
    if (value) return value;
    throw new Error(`${name} is not set; is a local Azure running? Try: npx agw azure`);
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
  if (typeof token !== "string") throw new Error(`the identity endpoint answered ${status} without a token`);
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
 * Whether to try again: no answer came, throttled (429), or the service failed; 501 is final. Of 409 only the code that
 * azure-native retries, which is not the one of Container Apps (provider/pkg/azure/client_azcore.go, shouldRetryConflict).
 */
const transient = (answer: Answer): boolean =>
  answer.status === 409
    ? errorOf(answer).code === "AnotherOperationInProgress"
    : answer.status === 0 || answer.status === 429 || (answer.status >= 500 && answer.status !== 501);

/** How Node.js and undici call a connection that was closed before the answer had come. */
const droppedCodes = ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"];

const pauseSeconds = ({ "retry-after": text }: Answer["headers"]): number | undefined =>
  Number(text) >= 0 ? Number(text) : undefined;

/**
 * A way to send requests that tries again after transient answers and dropped connections: all that is sent here may be
 * sent twice. Backoff from 0.1 s, doubled to at most 5 s, unless the answer's Retry-After says otherwise.
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
      const silent = `no answer within ${answerSeconds} s. Is that the local Azure, and does it still run? To start one: npx agw azure`;
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
 * Makes connections. The signal ends one that is still being made, which would hold the process otherwise, and leaves one that
 * is made to the request on it: Node.js crashes if a socket that is being read is destroyed by both.
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

/** Rejects with the reason of the signal, where Node.js would only say that something was aborted. */
const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  pause(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());

function parse(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}

/** Follows Azure-AsyncOperation, else Location, until the operation has ended; throws what it failed with. */
async function settle({ status, headers }: Answer, send: Send, endpoint: URL, signal: AbortSignal) {
  const operation = headers["azure-asyncoperation"];
  const address = operation ?? (status === 202 ? headers.location : undefined);
  if (address === undefined) return;
  const url = requireLoopback("the address of a long operation", new URL(String(address), endpoint).href);
  for (let wait = 0.05; ; wait = Math.min(wait * 2, 2)) {
    const answer = await send("GET", url);
    const state = isObject(answer.body) ? answer.body.status : undefined;
    if (answer.status >= 400 || state === "Failed" || state === "Canceled") throw new ArmError(answer);
    if (operation === undefined ? answer.status !== 202 : state === "Succeeded") return;
    await sleep((pauseSeconds(answer.headers) ?? wait) * 1000 || 50, signal);
  }
}
