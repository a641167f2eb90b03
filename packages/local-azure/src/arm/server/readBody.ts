import type { IncomingMessage } from "node:http";
import { errors } from "../errors.ts";
import type { Json } from "../json.ts";

/** ARM's limit. */
const maxBodyBytes = 4 * 1024 * 1024;

/**
 * Reads the body. Reads on after the limit, up to four times as much, so that the client gets the 413 and not a reset.
 *
 * @throws {ArmError} 413 if the body exceeds 4 MiB.
 */
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

/** Parses a JSON body. Returns undefined if it is empty. @throws {ArmError} 400 or 415, as ARM does */
export function parseBody(request: IncomingMessage, text: string): Json | undefined {
  if (text === "") return undefined;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/(json|merge-patch\+json)\b/i.test(type)) throw errors.wrongContentType(type);
  let body: Json;
  try {
    body = JSON.parse(text) as Json;
  } catch (error) {
    // V8 may quote the body, which can contain secrets. Keep only the position, if there is one.
    throw errors.malformedJson(/position \d+/.exec(String(error))?.[0] ?? "not valid JSON");
  }
  if (!isShallow([body], maxDepth)) throw errors.malformedJson(`nested deeper than ${maxDepth} levels`);
  return body;
}

/** Deeper than any resource, and safe for code that reads bodies recursively. */
const maxDepth = 64;

/** Whether the value has at most `left` levels. Iterative, so that no depth exhausts the stack. */
function isShallow(level: readonly Json[], left: number): boolean {
  let current = level;
  for (let depth = left; current.length > 0; depth -= 1) {
    if (depth < 0) return false;
    current = current.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return true;
}
