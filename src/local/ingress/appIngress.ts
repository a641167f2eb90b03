import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { IngressCounters, IngressSpec } from "../dataPlane.ts";
import { addressKey } from "../replicas/address.ts";
import { type AccessRules, accessRules } from "./accessRules.ts";
import { Affinity, type AffinityPolicy } from "./affinity.ts";
import { Backend, type BackendAddress } from "./backend.ts";
import { certificateHeader } from "./clientCertificate.ts";
import { affinityCookie, readCookie } from "./cookie.ts";
import { Counters } from "./counters.ts";
import { type Asked, Forwarding, plain } from "./forward.ts";
import { requestHead } from "./headers.ts";
import { type AppListener, listenForApp, type Protocol } from "./listener.ts";
import { bodyLimit, readSmallBody } from "./requestBody.ts";
import { answer, passUpgrade } from "./upgrade.ts";

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
    ingress.#listener = await listenForApp(options.tls, spec, {
      request: (request, response, protocol) => ingress.#handle(request, response, protocol),
      upgrade: (request, client, early, protocol) => ingress.#upgrade(request, client, early, protocol),
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

  /** Resolves when the named replicas have no request in flight, at the latest after the grace period; streams go on. */
  async drain(names: readonly string[], graceMilliseconds: number): Promise<void> {
    await Promise.all(names.map((name) => this.#backends.get(name)?.drained(graceMilliseconds)));
  }

  /** Ends whatever is left of the named replicas' connections. */
  forget(names: readonly string[]): void {
    for (const name of names) {
      this.#backends.get(name)?.close();
      this.#backends.delete(name);
    }
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
    for (const backend of this.#backends.values()) backend.close();
    await this.#listener?.close();
  }

  #backend(address: BackendAddress): Backend {
    const known = this.#backends.get(address.name);
    if (known !== undefined && addressKey(known.address) === addressKey(address.address)) return known;
    // The replica's process was started again, elsewhere.
    known?.close();
    const backend = new Backend(address, this.#options.idleTimeout);
    this.#backends.set(address.name, backend);
    return backend;
  }

  #handle(request: IncomingMessage, response: ServerResponse, protocol: Protocol): void {
    const refusal = this.#access.refuses(request, protocol);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { ...refusal.headers, "content-type": "text/plain" }).end(refusal.text);
      return;
    }
    if (!this.#routed) {
      plain(response, 404, "Error 404 - This Container App is stopped or does not exist.");
      return;
    }
    if (Number(request.headers["content-length"] ?? 0) > bodyLimit) {
      response.setHeader("connection", "close");
      plain(response, 413, "Payload Too Large");
      return;
    }
    const head = this.#head(request, protocol);
    readSmallBody(request, (body) => this.#attempt({ request, response, head, body }, new Set()));
  }

  /** Asks one replica, and another one for as long as none is reached. */
  #attempt(asked: Asked, tried: Set<Backend>): void {
    const target = this.#choose(asked.request, tried);
    if (target === undefined) {
      plain(asked.response, 503, "no healthy upstream");
      return;
    }
    const { backend, setCookie } = target;
    new Forwarding({
      ...asked,
      backend,
      setCookie,
      onSession: (id) => this.#counters.session(id, backend.name),
      onOutcome: (outcome, again) => {
        if (outcome.kind === "broken") this.#counters.failed();
        if (outcome.kind !== "unreachable") return;
        this.#counters.unreached(backend.name);
        this.#attempt(again, tried.add(backend));
      },
    });
  }

  #upgrade(request: IncomingMessage, client: Socket, early: Buffer, protocol: Protocol): void {
    const refusal = this.#access.refuses(request, protocol);
    if (refusal !== undefined) {
      answer(client, refusal.status, refusal.text);
      return;
    }
    const target = this.#choose(request, new Set());
    if (target === undefined) {
      answer(client, 503, "no healthy upstream");
      return;
    }
    const head = this.#head(request, protocol);
    const { idleTimeout } = this.#options;
    void passUpgrade({ ...target, request, client, early, head, idleTimeout }).then((answered) => {
      if (!answered) this.#counters.failed();
    });
  }

  /** Which replica the request goes to, and the cookie for the answer; undefined: there is none. Counts it. */
  #choose(request: IncomingMessage, tried: ReadonlySet<Backend>) {
    const cookie = readCookie(request.headers.cookie, this.#options.cookie);
    const choice = this.#affinity.choose(this.#policy, cookie, () => this.#seed(request), tried);
    if (choice.kind === "none available") {
      this.#counters.failed();
      return undefined;
    }
    const { candidate: backend, newCookie } = choice;
    const session = request.headers["mcp-session-id"];
    this.#counters.request(backend.name, typeof session === "string" ? session : undefined);
    if (newCookie === undefined) return { backend, setCookie: undefined };
    this.#counters.newCookie();
    return { backend, setCookie: affinityCookie(this.#options.cookie, newCookie) };
  }

  #head(request: IncomingMessage, protocol: Protocol): string {
    return requestHead(request, {
      clientAddress: request.socket.remoteAddress ?? "",
      protocol,
      requestId: randomUUID(),
      clientCertificate: protocol === "https" ? certificateHeader(request.socket as TLSSocket) : undefined,
    });
  }

  /** Like Envoy's: from the client's address, so that one connection's first requests all get the same cookie. */
  #seed({ socket }: IncomingMessage): string {
    const hash = createHash("sha256").update(this.#salt).update(`${socket.remoteAddress}:${socket.remotePort}`);
    return hash.digest("hex").slice(0, 16);
  }
}
