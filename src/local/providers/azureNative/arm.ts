import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { isObject, type Properties } from "../../protocol/wire.ts";

export interface ArmOptions {
  /** The variables of `.local/env`: ARM_METADATA_HOSTNAME, ARM_SUBSCRIPTION_ID, IDENTITY_ENDPOINT, IDENTITY_HEADER and the local CA. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Seconds for which 409, 429 and 5xx answers are retried; default 120. */
  readonly retrySeconds?: number;
}

export interface Arm {
  readonly subscriptionId: string;
  /** Sends a request, retries what is transient, follows a long operation to its end. Undefined: 404. */
  send(method: string, path: string, apiVersion: string, body?: Properties): Promise<Properties | undefined>;
}

/** An error answer, in the words of Azure's own SDK for Go. */
class ArmError extends Error {
  constructor(status: number, body: unknown) {
    const { code, message } = (isObject(body) && isObject(body.error) ? body.error : {}) as Record<string, unknown>;
    super(`Status=${status} Code="${code ?? "Unknown"}" Message="${message ?? ""}"`);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Throws for a host that is not this machine: the local engine must never reach a real subscription. */
export function requireLoopback(what: string, url: string): URL {
  const parsed = new URL(url);
  if (/^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(parsed.hostname)) return parsed;
  throw new Error(
    `${what} is ${parsed.origin}, which is not on loopback. This engine only works on the local Azure; for a real subscription use Pulumi's own CLI: pulumi up`,
  );
}

function setting(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (value) return value;
  throw new Error(`${name} is not set; is a local Azure running? Try: agw azure`);
}

/** Finds the control plane and signs in, as azure-native does with ARM_METADATA_HOSTNAME and a managed identity. */
export async function connectArm({ environment, signal, retrySeconds = 120 }: ArmOptions): Promise<Arm> {
  const metadata = requireLoopback("ARM_METADATA_HOSTNAME", `https://${setting(environment, "ARM_METADATA_HOSTNAME")}`);
  const identity = requireLoopback("IDENTITY_ENDPOINT", setting(environment, "IDENTITY_ENDPOINT"));
  const subscriptionId = setting(environment, "ARM_SUBSCRIPTION_ID");
  const caFile = environment.NODE_EXTRA_CA_CERTS ?? environment.SSL_CERT_FILE;
  // Unreferenced while idle: an open keep-alive connection must not hold the process.
  const agent = new Agent({ keepAlive: true, ...(caFile ? { ca: readFileSync(caFile) } : {}) });
  const exchange: Exchange = (method, url, headers, body) => httpExchange(agent, signal, method, url, headers, body);

  const found = await exchange("GET", new URL("/metadata/endpoints?api-version=2022-09-01", metadata), {});
  const endpoints = (Array.isArray(found.body) ? found.body[0] : found.body) as Properties;
  const endpoint = requireLoopback("the Azure Resource Manager endpoint", String(endpoints?.resourceManager));

  identity.search = `?${new URLSearchParams({ "api-version": "2019-08-01", resource: endpoint.href })}`;
  const token = await identityToken(identity, setting(environment, "IDENTITY_HEADER"), exchange);
  const authorized: Exchange = (method, url, _headers, body) => {
    if (url.origin !== endpoint.origin) requireLoopback("the address of a long operation", url.href);
    return retrying(() => exchange(method, url, { authorization: `Bearer ${token}` }, body), retrySeconds, signal);
  };
  return {
    subscriptionId,
    send: async (method, path, apiVersion, body) => {
      const url = new URL(`${path}?api-version=${apiVersion}`, endpoint);
      const answer = await authorized(method, url, {}, body);
      if (answer.status === 404) return undefined;
      if (answer.status >= 400) throw new ArmError(answer.status, answer.body);
      if (method !== "GET") await settle(answer, authorized, endpoint, signal);
      return (isObject(answer.body) ? answer.body : {}) as Properties;
    },
  };
}

type Exchange = (method: string, url: URL, headers: Record<string, string>, body?: Properties) => Promise<Answer>;

async function identityToken(url: URL, header: string, exchange: Exchange): Promise<string> {
  const { status, body } = await exchange("GET", url, { "x-identity-header": header });
  const token = isObject(body) ? body.access_token : undefined;
  if (typeof token !== "string") throw new Error(`the identity endpoint answered ${status} without a token`);
  return token;
}

/** Whether to try again: another operation runs (409), throttled (429), or the service failed; 501 is final. */
const transient = ({ status }: Answer): boolean =>
  status === 409 || status === 429 || (status >= 500 && status !== 501);

const seconds = ({ "retry-after": text }: IncomingHttpHeaders): number | undefined =>
  Number(text) >= 0 ? Number(text) : undefined;

/** Backoff from 0.1 s, doubled to at most 5 s, unless the answer's Retry-After says otherwise. */
async function retrying(send: () => Promise<Answer>, limit: number, signal: AbortSignal): Promise<Answer> {
  const deadline = Date.now() + limit * 1000;
  for (let wait = 0.1; ; wait = Math.min(wait * 2, 5)) {
    const answer = await send();
    const pause = seconds(answer.headers) ?? wait;
    if (!transient(answer) || Date.now() + pause * 1000 > deadline) return answer;
    await sleep(Math.max(pause, 0.05) * 1000, undefined, { signal });
  }
}

/** Follows Azure-AsyncOperation, else Location, until the operation has ended; throws what it failed with. */
async function settle(first: Answer, exchange: Exchange, endpoint: URL, signal: AbortSignal): Promise<void> {
  const status = first.headers["azure-asyncoperation"];
  const location = status ?? (first.status === 202 ? first.headers.location : undefined);
  if (location === undefined) return;
  const url = new URL(String(location), endpoint);
  for (let wait = 0.05; ; wait = Math.min(wait * 2, 2)) {
    const answer = await exchange("GET", url, {});
    if (answer.status >= 400) throw new ArmError(answer.status, answer.body);
    const state = isObject(answer.body) ? answer.body.status : undefined;
    if (state === "Failed" || state === "Canceled") throw new ArmError(answer.status, answer.body);
    if (status === undefined ? answer.status !== 202 : state === "Succeeded") return;
    await sleep((seconds(answer.headers) ?? wait) * 1000 || 50, undefined, { signal });
  }
}

function httpExchange(
  agent: Agent,
  signal: AbortSignal,
  method: string,
  url: URL,
  headers: Record<string, string>,
  body?: Properties,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { "content-type": "application/json" };
    const options = { method, signal, headers: { ...headers, ...type } };
    const receive = (response: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      response.on("error", reject).on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const received = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(received) });
      });
    };
    const sent =
      url.protocol === "http:" ? httpRequest(url, options, receive) : httpsRequest(url, { ...options, agent }, receive);
    sent.on("error", (error) => reject(new Error(`${method} ${url.origin}${url.pathname}: ${error.message}`)));
    sent.end(text);
  });
}

function parse(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}
