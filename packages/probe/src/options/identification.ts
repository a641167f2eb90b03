import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsOptions } from "../http/tls.ts";

/** Headers that the probe sets itself. */
const reserved = new Set([
  "accept",
  "content-type",
  "content-length",
  "cookie",
  "host",
  "connection",
  "mcp-session-id",
]);

export interface GivenHeaders {
  readonly bearer?: string | (() => Promise<string>);
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns the request headers, without a token that still has to be fetched. Adds problems to `issues`, without values. */
export function headersOf({ bearer, headers = {} }: GivenHeaders, issues: string[]): Record<string, string> {
  const result: Record<string, string> = typeof bearer === "string" ? { authorization: `Bearer ${bearer}` } : {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key)) issues.push(`--header: '${name}' is not a valid header name`);
    else if (key === "authorization" && typeof bearer === "function")
      issues.push("--header: the probe sets authorization to the bearer token; leave one of them out");
    else if (reserved.has(key)) issues.push(`--header: the probe sets ${key} itself; leave it out`);
    else result[key] = value;
  }
  for (const [name, value] of Object.entries(result)) {
    // The value may be a secret, so the message only gives its length.
    const legal = /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    const given = name === "authorization" && bearer !== undefined ? "--bearer-file or TOKEN" : "--header";
    if (!legal)
      issues.push(
        `${given}: the value of ${name} (${value.length} characters) contains characters that HTTP headers don't allow`,
      );
  }
  return result;
}

export interface GivenCertificate {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Returns the certificates for a connection. Adds problems to `issues`, without contents. */
export function tlsOf({ ca, cert, key }: GivenCertificate, url: URL | undefined, issues: string[]): TlsOptions {
  if (cert !== undefined && key === undefined)
    issues.push("--cert: needs its private key; pass it with --key FILE or PROBE_CLIENT_KEY");
  if (key !== undefined && cert === undefined)
    issues.push("--key: needs its certificate; pass it with --cert FILE or PROBE_CLIENT_CERT");
  if (cert !== undefined && key !== undefined) {
    issues.push(...pairIssues(cert, key));
    if (url?.protocol === "http:")
      issues.push("--cert: a client certificate has no effect with a URL that starts with http://");
  }
  return { ca, cert, key };
}

function pairIssues(cert: string, key: string): string[] {
  const certificate = orUndefined(() => new X509Certificate(cert));
  if (certificate === undefined) return ["--cert or PROBE_CLIENT_CERT: contains no PEM certificate"];
  // An empty passphrase, because OpenSSL would ask for one on the terminal.
  const privateKey = orUndefined(() => createPrivateKey({ key, passphrase: "" }));
  if (privateKey === undefined) return ["--key or PROBE_CLIENT_KEY: contains no PEM private key without a passphrase"];
  return certificate.checkPrivateKey(privateKey)
    ? []
    : ["--key or PROBE_CLIENT_KEY: is not the private key of the client certificate"];
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
