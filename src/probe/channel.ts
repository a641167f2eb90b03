import { performance } from "node:perf_hooks";
import { CookieJar, type SetCookie } from "./cookies.ts";
import { type CookiePolicy, type Exchange, replicaOfHeaders, type Target } from "./driver.ts";
import { classifyError, classifyReply, type Outcome } from "./outcome.ts";
import type { Wire, WireReply, WireRequest } from "./wire.ts";

/** What a session sends: the wire adds the target's headers and the session's cookies. */
export type ChannelRequest = Pick<WireRequest, "method" | "body" | "fresh" | "awaitedId"> & {
  /** Path and query, where it is not the target's own. */
  readonly path?: string;
  readonly headers: Record<string, string>;
  /** True where the request belongs to a session, so that the answer can say that it is lost. */
  readonly inSession: boolean;
};

export interface Answer {
  readonly exchange: Exchange;
  /** Undefined where there was none. */
  readonly reply: WireReply | undefined;
}

/** One session's exchanges with the target, with a cookie jar of its own. */
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
    this.#jar = new CookieJar(secureCookiesAllowed(target.url));
  }

  cookies(): ReadonlyMap<string, string> {
    return this.#jar.values();
  }

  /** Remembers the cookies that lead to the replica which has just opened the session. */
  markHome(): void {
    this.#home = this.#jar.header(this.#target.url.pathname);
  }

  async send(request: ChannelRequest): Promise<Answer> {
    const started = performance.now();
    let reply: WireReply | undefined;
    let outcome: Outcome;
    try {
      reply = await this.#wire.send(this.#wireRequest(request));
      outcome = classifyReply(reply, request.inSession);
    } catch (error) {
      outcome = classifyError(error);
    }
    const milliseconds = performance.now() - started;
    const setCookies = reply === undefined ? [] : this.#store(reply);
    const replica = reply === undefined ? undefined : replicaOfHeaders(reply.headers, this.#target.replicaHeader);
    return { exchange: { outcome, milliseconds, setCookies, replica }, reply };
  }

  /** Opens a stream; data comes by `onData` until it ends. The answer is judged as any other. */
  async stream(request: ChannelRequest, onData: (text: string) => void, onEnd: () => void): Promise<StreamAnswer> {
    const started = performance.now();
    let outcome: Outcome;
    let close = (): void => {};
    let reply: WireReply | undefined;
    try {
      const stream = await this.#wire.stream(this.#wireRequest(request), onData, onEnd);
      ({ reply, close } = stream);
      const open = reply.status === 200 && reply.contentType === "text/event-stream";
      outcome = open ? { kind: "answered", result: undefined } : classifyReply(reply, request.inSession);
    } catch (error) {
      outcome = classifyError(error);
    }
    const milliseconds = performance.now() - started;
    const setCookies = reply === undefined ? [] : this.#store(reply);
    const replica = reply === undefined ? undefined : replicaOfHeaders(reply.headers, this.#target.replicaHeader);
    return { exchange: { outcome, milliseconds, setCookies, replica }, close };
  }

  /** Also a session of the control ends with its cookies: nothing is measured any more, and it shall not leak. */
  async end(headers: Record<string, string>): Promise<void> {
    const request = this.#wireRequest({ method: "DELETE", headers, fresh: false, inSession: true });
    if (this.#policy === "drop" && this.#home !== undefined) request.headers.cookie = this.#home;
    await this.#wire.send(request).catch(() => undefined);
  }

  #wireRequest({ method, path, headers, body, fresh, awaitedId }: ChannelRequest): WireRequest {
    const { url } = this.#target;
    const cookie = this.#policy === "keep" ? this.#jar.header(url.pathname) : undefined;
    return {
      method,
      path: path ?? url.pathname + url.search,
      headers: { ...this.#target.headers, ...headers, ...(cookie === undefined ? {} : { cookie }) },
      fresh,
      ...(body === undefined ? {} : { body }),
      ...(awaitedId === undefined ? {} : { awaitedId }),
    };
  }

  #store(reply: WireReply): SetCookie[] {
    const lines = reply.headers["set-cookie"];
    return lines === undefined ? [] : this.#jar.store(typeof lines === "string" ? [lines] : lines);
  }
}

export interface StreamAnswer {
  readonly exchange: Exchange;
  close(): void;
}

/** Cookies marked Secure go back over https, and over plain http to this machine itself, as browsers hold it. */
export function secureCookiesAllowed(url: URL): boolean {
  return url.protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}
