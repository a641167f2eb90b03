import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { getCACertificates } from "node:tls";
import { CookieJar } from "tough-cookie";
import type { SecondAnswer, SeenCookie, UrlLook } from "./facts.ts";
import { certificateMissing } from "./reach.ts";

export interface UrlContext {
  /** PEM of certificate authorities to trust in addition to Node's. */
  readonly ca?: string;
  readonly signal: AbortSignal;
  /** Timeout of one request in ms. At most, and by default, 15,000. */
  readonly timeout?: number;
}

/** Sends two GET requests to the MCP endpoint, like a client with a cookie jar. A GET doesn't open a session. */
export async function lookAtUrl(base: string, context: UrlContext): Promise<UrlLook> {
  const url = new URL("/mcp", base);
  // Most clients don't send Secure cookies over plain http, not even to localhost.
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
    const wantsCertificate = certificateAlert.test(code);
    const message = messageFor(error as NodeJS.ErrnoException);
    return { kind: "silent", message, untrusted: !wantsCertificate && untrusted.test(code), wantsCertificate };
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
  // A new connection for each request: an open one would stay on its replica even without a cookie.
  const options = { headers, signal: limit, agent: false as const };
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === "https:"
        ? requestHttps(url, { ...options, ca: [...getCACertificates("default"), ...(ca === undefined ? [] : [ca])] })
        : requestHttp(url, options);
    outgoing.on("response", (response) => {
      resolve({ status: response.statusCode ?? 0, cookies: response.headers["set-cookie"] ?? [] });
      // The body may be an endless stream.
      response.destroy();
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Node's error codes for a certificate that OpenSSL doesn't trust. */
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

/** The TLS alerts of a server that requires a client certificate. */
const certificateAlert = /_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE)$/;

function messageFor({ code, name, message }: NodeJS.ErrnoException): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the host name does not resolve";
  if (code === "ECONNREFUSED") return "connection refused";
  if (name === "TimeoutError" || name === "AbortError" || code === "ETIMEDOUT" || code === "ABORT_ERR")
    return "timed out";
  if (certificateAlert.test(code ?? "")) return certificateMissing;
  if (untrusted.test(code ?? "")) return `the certificate is not trusted (${code})`;
  return code ?? message;
}
