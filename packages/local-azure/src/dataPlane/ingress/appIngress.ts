import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { IngressCounters, IngressSpec } from "../contract/dataPlane.ts";
import { type AccessRefusal, type AccessRules, accessRules, stopped } from "./accessRules.ts";
import { Affinity, type AffinityPolicy } from "./affinity/affinity.ts";
import { affinityCookie, clientSeed, readCookie } from "./affinity/cookie.ts";
import { certificateHeader } from "./clientCertificate.ts";
import { Counters } from "./counters.ts";
import { Demand } from "./demand.ts";
import { type AppListener, listenForApp, type Protocol } from "./listener.ts";
import type { Backend, BackendAddress } from "./upstream/backend.ts";
import { Backends } from "./upstream/backends.ts";
import { type Asked, answerText, Forwarding } from "./upstream/forward.ts";
import { requestHead } from "./upstream/headers.ts";
import { bodyLimit, readSmallBody } from "./upstream/requestBody.ts";
import { answer, passUpgrade } from "./upstream/upgrade.ts";

export interface AppIngressOptions {
  readonly tls: { readonly key: string; readonly cert: string };
  readonly policy: "pinned" | "hash";
  readonly cookie: string;
  /** Idle timeout of a request, in milliseconds; on Container Apps 240,000. */
  readonly idleTimeout: number;
}

/** The ingress of one app: listens on the app's address, and chooses a replica for each request. */
export class AppIngress implements AsyncDisposable {
  readonly #options: AppIngressOptions;
  readonly #affinity = new Affinity<Backend>();
  readonly #counters = new Counters();
  readonly #demand = new Demand();
  /** Makes the values of hash cookies unguessable. */
  readonly #salt = randomBytes(16);
  readonly #backends: Backends;
  #access: AccessRules;
  #policy: AffinityPolicy;
  #routed = false;
  #listener: AppListener | undefined;

  private constructor(options: AppIngressOptions, spec: IngressSpec) {
    this.#options = options;
    this.#backends = new Backends(options.idleTimeout);
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

  /** Host and port for clients, for example `127.0.0.1:40123`. */
  get fqdn(): string {
    return `127.0.0.1:${this.#listener?.port}`;
  }

  update(spec: IngressSpec): void {
    this.#access = accessRules(spec);
    this.#policy = spec.affinity === "none" ? "none" : this.#options.policy;
    this.#listener?.update(spec);
  }

  /**
   * Sets the replicas for new requests; undefined if no revision takes requests. Requests in flight are not affected.
   * @param wake starts a replica of a revision that is scaled to zero; requests wait until it resolves
   */
  route(addresses: readonly BackendAddress[] | undefined, wake?: () => Promise<void>): void {
    this.#routed = addresses !== undefined;
    this.#demand.set(wake);
    this.#affinity.replace((addresses ?? []).map((address) => this.#backends.at(address)));
  }

  /** Closes all remaining connections to the named replicas. */
  forget(names: readonly string[]): void {
    this.#backends.forget(names);
  }

  counters(): IngressCounters {
    return this.#counters.read();
  }

  /** When the last request began or ended, in milliseconds since the epoch; now, if one is in flight or waiting. */
  lastActive(): number {
    return this.#demand.lastActive(this.#backends.inFlight);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#affinity.replace([]);
    this.#backends.close();
    await this.#listener?.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse, protocol: Protocol): void {
    const refusal = this.#refuses(request, protocol);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { ...refusal.headers, "content-type": "text/plain" }).end(refusal.text);
      return;
    }
    if (Number(request.headers["content-length"] ?? 0) > bodyLimit) {
      response.setHeader("connection", "close");
      answerText(response, 413, "Payload Too Large");
      return;
    }
    const head = this.#head(request, protocol);
    readSmallBody(request, (body) =>
      this.#demand.whenServed(() => this.#attempt({ request, response, head, body }, new Set())),
    );
  }

  /** Returns why no replica gets this request (WebSocket upgrades included), or undefined if one can get it. */
  #refuses(request: IncomingMessage, protocol: Protocol): AccessRefusal | undefined {
    return this.#access.refuses(request, protocol) ?? (this.#routed ? undefined : stopped);
  }

  /** Sends the request to one replica, and to the next one if that can't be reached. */
  #attempt(asked: Asked, tried: Set<Backend>): void {
    const target = this.#choose(asked.request, tried);
    if (target === undefined) {
      answerText(asked.response, 503, "no healthy upstream");
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
    const refusal = this.#refuses(request, protocol);
    if (refusal !== undefined) {
      answer(client, refusal.status, refusal.text, refusal.headers);
      return;
    }
    // "close" follows. Without a listener, an error would end this process.
    client.on("error", () => {});
    this.#demand.whenServed(() => this.#passUpgrade(request, client, early, this.#head(request, protocol)));
  }

  #passUpgrade(request: IncomingMessage, client: Socket, early: Buffer, head: string): void {
    if (client.destroyed) return;
    const target = this.#choose(request, new Set());
    if (target === undefined) {
      answer(client, 503, "no healthy upstream");
      return;
    }
    const { idleTimeout } = this.#options;
    void passUpgrade({ ...target, request, client, early, head, idleTimeout }).then((answered) => {
      if (!answered) this.#counters.failed();
    });
  }

  /** Chooses and counts the replica for a request, and the cookie for the answer. Undefined if there is no replica. */
  #choose(request: IncomingMessage, tried: ReadonlySet<Backend>) {
    const cookie = readCookie(request.headers.cookie, this.#options.cookie);
    const choice = this.#affinity.choose(this.#policy, cookie, () => clientSeed(this.#salt, request.socket), tried);
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
}
