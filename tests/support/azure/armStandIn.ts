import { mkdtemp } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createNetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { createAuthority } from "../../../packages/local-azure/src/host/pki.ts";

type Json = Record<string, unknown>;

export interface StandInRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Json | undefined;
}

/** An answer that replaces the stand-in's; undefined lets it answer. */
export type Intercept = (request: StandInRequest) => { status: number; headers?: Json; body?: Json } | undefined;

export interface ArmStandIn extends AsyncDisposable {
  readonly environment: NodeJS.ProcessEnv;
  readonly resources: Map<string, Json>;
  readonly requests: StandInRequest[];
  /** Called with every request before it takes effect. */
  intercept: Intercept;
  /** Called with every request after its answer was sent. */
  answered: (request: StandInRequest) => void;
  /** Whether to close the connection instead of answering, although the request takes effect. */
  lost: (request: StandInRequest) => boolean;
  /** Accepts requests and never answers. */
  silent: boolean;
  /** How often a long-running operation is polled until it ends; 0: no long-running operations. */
  polls: number;
}

/**
 * Just enough of ARM to test the engine and its providers: PUT replaces, GET reads, DELETE removes. It says nothing
 * about Azure; tests with the local Azure are closer to it.
 */
export async function startArmStandIn(): Promise<ArmStandIn> {
  const directory = await mkdtemp(join(tmpdir(), "arm-stand-in-"));
  const authority = await createAuthority(directory);
  const operations = new Map<string, number>();
  const server = createServer(await authority.issue(["localhost", "127.0.0.1"]));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const standIn: ArmStandIn = {
    environment: {
      ...process.env,
      ARM_METADATA_HOSTNAME: host,
      ARM_SUBSCRIPTION_ID: "00000000-0000-0000-0000-000000000000",
      IDENTITY_ENDPOINT: `https://${host}/msi/token`,
      IDENTITY_HEADER: "stand-in",
      NODE_EXTRA_CA_CERTS: authority.caFile,
    },
    resources: new Map(),
    requests: [],
    intercept: () => undefined,
    answered: () => {},
    lost: () => false,
    silent: false,
    polls: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await removeDirectory(directory);
    },
  };
  server.on("request", async (request, response) => {
    const url = new URL(request.url ?? "/", `https://${host}`);
    const body = await readBody(request);
    const seen = { method: request.method ?? "", path: url.pathname, body };
    if (url.pathname.startsWith("/subscriptions/")) standIn.requests.push(seen);
    response.on("finish", () => standIn.answered(seen));
    if (standIn.silent) return;
    const given = standIn.intercept(seen);
    if (given === undefined && standIn.lost(seen)) response.writeHead = () => response.destroy();
    if (given !== undefined) send(response, given.status, given.body, given.headers);
    else answer(standIn, operations, host, seen, response);
  });
  return standIn;
}

export interface SilentServer extends AsyncDisposable {
  readonly host: string;
  /** Tells of those connections that somebody speaks on. */
  onConnection(listener: () => void): void;
}

/** Accepts connections and never sends anything. */
export async function startSilentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  let tell = () => {};
  const server = createNetServer((socket) => {
    sockets.add(socket.on("error", () => {}).on("data", () => tell()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    onConnection: (listener) => {
      tell = listener;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  { resources, polls }: ArmStandIn,
  operations: Map<string, number>,
  host: string,
  { method, path, body }: StandInRequest,
  response: ServerResponse,
): ServerResponse {
  if (path === "/metadata/endpoints") return send(response, 200, { resourceManager: `https://${host}/` });
  if (path === "/msi/token") return send(response, 200, { access_token: "stand-in" });
  if (path.startsWith("/operations/")) {
    const left = (operations.get(path) ?? 0) - 1;
    operations.set(path, left);
    return send(response, 200, { status: left < 0 ? "Succeeded" : "InProgress" }, { "retry-after": "0" });
  }
  const key = path.toLowerCase();
  const existing = resources.get(key);
  if (method === "GET") {
    return existing === undefined
      ? send(response, 404, { error: { code: "ResourceNotFound", message: `${path} was not found` } })
      : send(response, 200, existing);
  }
  if (method === "DELETE") return send(response, resources.delete(key) ? 200 : 204);
  if (method !== "PUT") return send(response, 501, { error: { code: "NotImplemented", message: method } });
  resources.set(key, withDefaults(path, structuredClone(body ?? {})));
  const operation = `/operations/${operations.size}`;
  operations.set(operation, polls);
  const headers = polls > 0 ? { "azure-asyncoperation": `https://${host}${operation}` } : {};
  return send(response, existing === undefined ? 201 : 200, resources.get(key), headers);
}

/** What a service does by itself: adds names and an address, and never returns a secret's value. */
function withDefaults(path: string, body: Json): Json {
  const name = path.split("/").at(-1);
  const properties = (body.properties ?? {}) as { configuration?: { ingress?: Json; secrets?: Json[] } };
  const { configuration } = properties;
  if (configuration?.ingress)
    configuration.ingress = { transport: "Auto", ...configuration.ingress, fqdn: "127.0.0.1:1" };
  if (configuration?.secrets)
    configuration.secrets = configuration.secrets.map(({ name: secret }) => ({ name: secret }));
  return { id: path, name, type: "stand-in", ...body, properties: { ...properties, provisioningState: "Succeeded" } };
}

async function readBody(request: IncomingMessage): Promise<Json | undefined> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text === "" ? undefined : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body?: Json, headers: Json = {}): ServerResponse {
  response.writeHead(status, { "content-type": "application/json", ...(headers as Record<string, string>) });
  return response.end(body === undefined ? undefined : JSON.stringify(body));
}
