import type { IncomingMessage } from "node:http";
import { errors } from "../errors.ts";
import type { Json } from "../json.ts";

/** ARM's own limit. */
const maxBodyBytes = 4 * 1024 * 1024;

/** Reads to the end even when the body is too large, so that the client gets the answer and not a reset. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
    else if (size > 4 * maxBodyBytes) break;
  }
  if (size > maxBodyBytes) throw errors.tooLarge(maxBodyBytes);
  return Buffer.concat(chunks).toString("utf8");
}

/** JSON, or Azure's refusal; undefined if nothing was sent. */
export function parseBody(request: IncomingMessage, text: string): Json | undefined {
  if (text === "") return undefined;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/(json|merge-patch\+json)\b/i.test(type)) throw errors.wrongContentType(type);
  let body: Json;
  try {
    body = JSON.parse(text) as Json;
  } catch (error) {
    // V8 quotes the text around the error, which may hold a secret; the position is enough.
    throw errors.malformedJson(/position \d+/.exec(String(error))?.[0] ?? "unexpected end of the text");
  }
  if (!isShallow([body], maxDepth)) throw errors.malformedJson(`nested deeper than ${maxDepth} levels`);
  return body;
}

/** Far above any resource; what reads bodies recursively is safe below it. */
const maxDepth = 64;

/** Level by level, so that no depth can exhaust the stack. */
function isShallow(level: readonly Json[], left: number): boolean {
  let current = level;
  for (let depth = left; current.length > 0; depth -= 1) {
    if (depth < 0) return false;
    current = current.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return true;
}
