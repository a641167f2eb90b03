import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { getCACertificates } from "node:tls";
import { CookieJar } from "tough-cookie";
import type { SecondAnswer, SeenCookie, UrlLook } from "./facts.ts";

export interface UrlContext {
  /** PEM of certificate authorities to trust beside Node's own. */
  readonly ca?: string;
  readonly signal: AbortSignal;
  /** Longest that one request may take, in ms. Default: 60,000, here at most 15,000. */
  readonly timeout?: number;
}

/** Looks at the gateway's MCP address twice, as a client with a cookie jar does. A GET without session opens none. */
export async function lookAtUrl(base: string, context: UrlContext): Promise<UrlLook> {
  const url = new URL("/mcp", base);
  // As strict on this machine as anywhere: most clients send no Secure cookie over plain http, to localhost neither.
  const jar = new CookieJar(undefined, { allowSecureOnLocal: false });
  try {
    const first = await get(url, "", context);
    for (const cookie of first.cookies) jar.setCookieSync(cookie, url.href, { ignoreError: true });
    const kept = jar.getCookiesSync(url.href).map(({ key }) => key);
    const cookies = first.cookies.map((header) => seenCookie(header, kept));
    const second = await lookAgain(url, jar, context);
    return { kind: "answered", status: first.status, cookies, second };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return { kind: "silent", message: wordsFor(error as NodeJS.ErrnoException), untrusted: untrusted.test(code) };
  }
}

async function lookAgain(url: URL, jar: CookieJar, context: UrlContext): Promise<SecondAnswer> {
  const sent = new Map(jar.getCookiesSync(url.href).map(({ key, value }) => [key, value]));
  try {
    const { cookies } = await get(url, jar.getCookieStringSync(url.href), context);
    const parts = cookies.map((header) => /^\s*([^=;]+)=([^;]*)/.exec(header));
    const changed = parts.flatMap((part) =>
      part?.[1] && sent.has(part[1]) && sent.get(part[1]) !== part[2] ? [part[1]] : [],
    );
    return { kind: "answered", changed };
  } catch {
    return { kind: "silent" };
  }
}

function seenCookie(header: string, kept: readonly string[]): SeenCookie {
  const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
  const attribute = (name: string): string | undefined => {
    const found = attributes.find((part) => part.toLowerCase().split("=")[0] === name);
    return found?.split("=")[1] ?? (found === undefined ? undefined : "");
  };
  const name = pair.split("=")[0] ?? "";
  return {
    name,
    domain: attribute("domain"),
    path: attribute("path"),
    secure: attribute("secure") !== undefined,
    httpOnly: attribute("httponly") !== undefined,
    sameSite: attribute("samesite"),
    kept: kept.includes(name),
  };
}

interface Answer {
  readonly status: number;
  readonly cookies: readonly string[];
}

function get(url: URL, cookie: string, { ca, signal, timeout = 60_000 }: UrlContext): Promise<Answer> {
  const headers = { accept: "application/json, text/event-stream", ...(cookie === "" ? {} : { cookie }) };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeout, 15_000))]);
  // Each look has a connection of its own: one kept open would stay with its replica even without a cookie.
  const options = { headers, signal: limit, agent: false as const };
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === "https:"
        ? requestHttps(url, { ...options, ca: [...getCACertificates("default"), ...(ca === undefined ? [] : [ca])] })
        : requestHttp(url, options);
    outgoing.on("response", (response) => {
      resolve({ status: response.statusCode ?? 0, cookies: response.headers["set-cookie"] ?? [] });
      // Its body may be a stream without end.
      response.destroy();
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** OpenSSL's codes, as Node hands them on, for a certificate that no known authority has signed. */
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

function wordsFor({ code, name, message }: NodeJS.ErrnoException): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the host is not known to DNS";
  if (code === "ECONNREFUSED") return "the connection is refused";
  if (name === "TimeoutError" || name === "AbortError" || code === "ETIMEDOUT" || code === "ABORT_ERR")
    return "no answer in time";
  if (untrusted.test(code ?? "")) return `its certificate is not trusted (${code})`;
  return code ?? message;
}
