import type { FailureReason, McpOutcome } from "./outcome.ts";

const dnsCodes = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA"]);
const refusedCodes = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);
const timeoutCodes = new Set([
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);
const tlsCode = /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** Classifies an error by the code from Node or undici. */
export function classifyError(error: unknown): McpOutcome {
  const { code, message } = deepest(error);
  const said = message === "" ? code : (openSslReason(message) ?? message);
  // This machine's limit, not a problem of the gateway.
  const detail =
    code === "EMFILE" ? `${said} (too many open files on this machine; raise the limit with ulimit -n)` : said;
  // This is undici's message for an answer that was cut off; the error has no code.
  const reason = message.includes("Invalid EOF state") ? "broken" : reasonOfCode(code);
  return { kind: "failed", reason, detail };
}

/** OpenSSL's error lines: thread, `error`, number, library, function, reason, file and line, separated by colons. */
function openSslReason(message: string): string | undefined {
  return /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1];
}

/** TLS alerts about the client's certificate: it is missing, or the server doesn't accept it. */
const certificateAlert = /_ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;

function reasonOfCode(code: string): FailureReason {
  if (certificateAlert.test(code)) return "client-certificate";
  if (dnsCodes.has(code)) return "dns";
  if (refusedCodes.has(code)) return "refused";
  if (timeoutCodes.has(code)) return "timeout";
  if (tlsCode.test(code)) return "tls";
  // Errors of Node's parser for responses that aren't HTTP, and of zlib for a wrong Content-Encoding.
  if (code.startsWith("HPE_") || code.startsWith("Z_") || code === "HTTPParserError") return "garbage";
  return "broken";
}

/** Unwraps errors. An AggregateError, from several addresses, holds one error for each; the first is enough. */
function deepest(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return deepest(error.errors[0]);
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  if (error.cause instanceof Error) return deepest(error.cause);
  const { code } = error as NodeJS.ErrnoException;
  return { code: code ?? error.name, message: error.message };
}
