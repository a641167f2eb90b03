import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { IngressCounters, IngressSpec } from "../dataPlane.ts";
import { type AccessRules, accessRules } from "./accessRules.ts";
import { Affinity, type AffinityPolicy } from "./affinity.ts";
import { Backend, type BackendAddress } from "./backend.ts";
import { certificateHeader } from "./clientCertificate.ts";
import { affinityCookie, readCookie } from "./cookie.ts";
import { Counters } from "./counters.ts";
import { forward, type Outcome, plain, readSmallBody } from "./forward.ts";
import { requestHeaders } from "./headers.ts";
import { type AppListener, listenForApp, type Protocol } from "./listener.ts";

export interface AppIngressOptions {
  readonly tls: { readonly key: string; readonly cert: string };
  readonly policy: "pinned" | "hash";
  readonly cookie: string;
  /** Milliseconds without a byte after which a request is given up; Container Apps: 240,000. */
  readonly idleTimeout: number;
}

/** The https address of one app: chooses a replica for each request and passes it on. */
export class AppIngress implements AsyncDisposable {
  readonly #options: AppIngressOptions;
  readonly #affinity = new Affinity<Backend>();
  readonly #counters = new Counters();
  /** Makes the seeds of hash cookies unguessable. */
  readonly #salt = randomBytes(16);
  #backends = new Map<string, Backend>();
  #access: AccessRules;
  #policy: AffinityPolicy;
  #routed = false;
  #listener: AppListener | undefined;

  private constructor(options: AppIngressOptions, spec: IngressSpec) {
    this.#options = options;
    this.#access = accessRules(spec);
    this.#policy = spec.affinity === "none" ? "none" : options.policy;
  }

  static async open(options: AppIngressOptions, spec: IngressSpec): Promise<AppIngress> {
    const ingress = new AppIngress(options, spec);
    ingress.#listener = await listenForApp(options.tls, spec, (request, response, protocol) => {
      ingress.#handle(request, response, protocol).catch(() => response.destroy());
    });
    return ingress;
  }

  /** For example `127.0.0.1:40123`. */
  get fqdn(): string {
    return `127.0.0.1:${this.#listener?.port}`;
  }

  update(spec: IngressSpec): void {
    this.#access = accessRules(spec);
    this.#policy = spec.affinity === "none" ? "none" : this.#options.policy;
    this.#listener?.update(spec);
  }

  /** Replaces the replicas that new requests go to; undefined: no revision takes requests. Requests in flight go on. */
  route(addresses: readonly BackendAddress[] | undefined): void {
    this.#routed = addresses !== undefined;
    this.#affinity.replace((addresses ?? []).map((address) => this.#backend(address)));
  }

  /** Lets the named replicas' requests finish, at most for the grace period, and then ends the streams held open. */
  async drain(names: readonly string[], graceMilliseconds: number): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const backend = this.#backends.get(name);
        await backend?.drained(graceMilliseconds);
        this.#backends.delete(name);
        await backend?.close();
      }),
    );
  }

  counters(): IngressCounters {
    return this.#counters.read();
  }

  /** Requests in flight and streams held open, of all replicas. */
  get concurrency(): number {
    return [...this.#backends.values()].reduce((sum, { calls, streams }) => sum + calls + streams, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#affinity.replace([]);
    await Promise.all([...this.#backends.values()].map((backend) => backend.close()));
    await this.#listener?.close();
  }

  #backend(address: BackendAddress): Backend {
    const known = this.#backends.get(address.name);
    if (known?.origin === address.origin) return known;
    // The replica's process was started again, on another port.
    void known?.close();
    const backend = new Backend(address, this.#options.idleTimeout);
    this.#backends.set(address.name, backend);
    return backend;
  }

  async #handle(request: IncomingMessage, response: ServerResponse, protocol: Protocol): Promise<void> {
    const refusal = this.#access.refuses(request, protocol);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { ...refusal.headers, "content-type": "text/plain" }).end(refusal.text);
      return;
    }
    if (!this.#routed) return plain(response, 404, "Error 404 - This Container App is stopped or does not exist.");
    const headers = requestHeaders(request, {
      clientAddress: request.socket.remoteAddress ?? "",
      protocol,
      requestId: randomUUID(),
      clientCertificate: protocol === "https" ? certificateHeader(request.socket as TLSSocket) : undefined,
    });
    const body = await readSmallBody(request);
    const tried = new Set<Backend>();
    let outcome: Outcome;
    do outcome = await this.#attempt(request, response, headers, body, tried);
    while (outcome.kind === "unreachable");
    if (outcome.kind === "broken") this.#counters.failed();
  }

  /** One attempt on one replica; "unreachable" while there may be another one to try. */
  async #attempt(
    request: IncomingMessage,
    response: ServerResponse,
    headers: string[],
    body: Buffer | IncomingMessage | null,
    tried: Set<Backend>,
  ): Promise<Outcome> {
    const cookie = readCookie(request.headers.cookie, this.#options.cookie);
    const choice = this.#affinity.choose(this.#policy, cookie, () => this.#seed(request), tried);
    if (choice.kind === "none available") {
      plain(response, 503, "no healthy upstream");
      return { kind: "broken" };
    }
    const { candidate: backend, newCookie } = choice;
    const session = request.headers["mcp-session-id"];
    this.#counters.request(backend.name, typeof session === "string" ? session : undefined);
    if (newCookie !== undefined) this.#counters.newCookie();
    tried.add(backend);
    return await forward({
      request,
      response,
      backend,
      headers,
      body,
      setCookie: newCookie === undefined ? undefined : affinityCookie(this.#options.cookie, newCookie),
      onSession: (id) => this.#counters.session(id, backend.name),
    });
  }

  /** Like Envoy's: from the client's address, so that one connection's first requests all get the same cookie. */
  #seed({ socket }: IncomingMessage): string {
    const hash = createHash("sha256").update(this.#salt).update(`${socket.remoteAddress}:${socket.remotePort}`);
    return hash.digest("hex").slice(0, 16);
  }
}
