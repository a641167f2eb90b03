import { performance } from "node:perf_hooks";
import { classifyError } from "../http/connectionError.ts";
import { CookieJar, type Withheld } from "../http/cookies.ts";
import type { Credentials } from "../http/credentials.ts";
import { classifyReply, type McpOutcome, type WireReply } from "../http/outcome.ts";
import type { Wire, WireRequest } from "../http/wire.ts";
import { type CookiePolicy, type McpExchange, replicaOfHeaders, type Target } from "./driver.ts";

/** What a session sends. The channel adds the target's headers and the session's cookies. */
export type ChannelRequest = Pick<WireRequest, "method" | "body" | "fresh" | "awaitedId"> & {
  /** Path and query; the target's by default. */
  readonly path?: string;
  readonly headers: Record<string, string>;
  /** Whether the request belongs to a session, so that the answer can show that it is lost. */
  readonly inSession: boolean;
};

export interface Answer {
  readonly exchange: McpExchange;
  /** Undefined if the exchange failed without an answer. */
  readonly reply: WireReply | undefined;
}

/** Exchanges with the target for one session, which has its own cookie jar. */
export class Channel {
  readonly #wire: Wire;
  readonly #target: Target;
  readonly #policy: CookiePolicy;
  readonly #jar: CookieJar;
  #home: string | undefined;

  constructor(wire: Wire, target: Target, policy: CookiePolicy) {
    this.#wire = wire;
    this.#target = target;
    this.#policy = policy;
    this.#jar = new CookieJar(target.url);
  }

  cookies(): ReadonlyMap<string, string> {
    return this.#jar.values();
  }

  /** Remembers the cookies that lead to the replica that has just opened the session. */
  markHome(): void {
    this.#home = this.#jar.pick(this.#target.url.pathname).header;
  }

  /** Sends a request, and resends it if its token has expired and there is a new one. */
  async send(request: ChannelRequest): Promise<Answer> {
    return this.#credentials.sending(
      () => this.#exchange(request),
      ({ reply }) => reply?.status,
    );
  }

  async #exchange(request: ChannelRequest): Promise<Answer> {
    const started = performance.now();
    const { wireRequest, withheld } = this.#prepare(request);
    let reply: WireReply | undefined;
    let outcome: McpOutcome;
    try {
      reply = await this.#wire.send(wireRequest);
      outcome = classifyReply(reply, request.inSession, request.awaitedId === undefined, this.#hide);
    } catch (error) {
      outcome = classifyError(error);
    }
    return {
      exchange: { outcome, milliseconds: performance.now() - started, withheld, ...this.#read(request, reply) },
      reply,
    };
  }

  /** Opens a stream and passes its data to `onData` until it ends. The answer is judged like any other. */
  async stream(request: ChannelRequest, onData: (text: string) => void, onEnd: () => void): Promise<StreamAnswer> {
    return this.#credentials.sending(
      () => this.#open(request, onData, onEnd),
      ({ status }) => status,
    );
  }

  async #open(request: ChannelRequest, onData: (text: string) => void, onEnd: () => void) {
    const started = performance.now();
    const { wireRequest, withheld } = this.#prepare(request);
    let outcome: McpOutcome;
    let close = (): void => {};
    let reply: WireReply | undefined;
    try {
      const stream = await this.#wire.stream(wireRequest, onData, onEnd);
      ({ reply, close } = stream);
      const open = reply.status === 200 && reply.contentType === "text/event-stream";
      outcome = open
        ? { kind: "answered", result: undefined }
        : classifyReply(reply, request.inSession, false, this.#hide);
    } catch (error) {
      outcome = classifyError(error);
    }
    return {
      exchange: { outcome, milliseconds: performance.now() - started, withheld, ...this.#read(request, reply) },
      close,
      status: reply?.status,
    };
  }

  /** Ends the session. The control group returns cookies here too, so that its sessions don't stay on the server. */
  async end(headers: Record<string, string>): Promise<void> {
    const { wireRequest } = this.#prepare({ method: "DELETE", headers, fresh: false, inSession: true });
    if (this.#policy === "drop" && this.#home !== undefined) wireRequest.headers.cookie = this.#home;
    await this.#wire.send(wireRequest).catch(() => undefined);
  }

  #prepare({ method, path, headers, body, fresh, awaitedId }: ChannelRequest): Prepared {
    const { url } = this.#target;
    const { header, withheld } = this.#policy === "keep" ? this.#jar.pick(pathOf(path, url)) : nothing;
    const wireRequest = {
      method,
      path: path ?? url.pathname + url.search,
      headers: { ...this.#credentials.headers, ...headers, ...(header === undefined ? {} : { cookie: header }) },
      fresh,
      ...(body === undefined ? {} : { body }),
      ...(awaitedId === undefined ? {} : { awaitedId }),
    };
    return { wireRequest, withheld };
  }

  /** Stores the answer's cookies, and reads from its headers which replica answered. */
  #read(
    { path, fresh }: ChannelRequest,
    reply: WireReply | undefined,
  ): Pick<McpExchange, "fresh" | "setCookies" | "replica"> {
    if (reply === undefined) return { fresh, setCookies: [], replica: undefined };
    const lines = reply.headers["set-cookie"];
    const list = typeof lines === "string" ? [lines] : lines;
    const setCookies = list === undefined ? [] : this.#jar.store(list, pathOf(path, this.#target.url));
    const replica = replicaOfHeaders(reply.headers, this.#target.replicaHeader);
    return { fresh, setCookies, replica: replica === undefined ? undefined : this.#hide(replica) };
  }

  get #credentials(): Credentials {
    return this.#target.credentials;
  }

  readonly #hide = (text: string): string => this.#credentials.hide(text);
}

interface Prepared {
  readonly wireRequest: WireRequest;
  readonly withheld: readonly Withheld[];
}

const nothing = { header: undefined, withheld: [] } as const;

/** The path without its query, which cookies don't depend on. */
const pathOf = (path: string | undefined, { pathname }: URL): string => path?.replace(/[?#].*$/s, "") ?? pathname;

export interface StreamAnswer {
  readonly exchange: McpExchange;
  close(): void;
}
