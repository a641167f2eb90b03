import { setTimeout as delay } from "node:timers/promises";
import { findApp } from "./apps.ts";
import { errors } from "./errors.ts";
import { key } from "./model.ts";
import type { Call, Reply } from "./router.ts";
import type { Cloud } from "./store.ts";

/** What `az containerapp logs show` reads: a token of its own, then the lines of one replica. */

const defaultTail = 20;
const maxTail = 300;
const followMilliseconds = 200;

export function getAuthToken(cloud: Cloud, call: Call): Reply {
  const app = findApp(cloud, call);
  const { token, expiresOn } = cloud.tokens.issue(call.origin);
  return {
    status: 200,
    body: {
      id: `${app.id}/authtoken`,
      name: app.name,
      type: "Microsoft.App/containerApps/accesstoken",
      location: app.location,
      properties: { token, expires: new Date(expiresOn * 1000).toISOString() },
    },
  };
}

/** The last `tailLines` lines (default 20, at most 300) and, with `follow=true`, those that come until the client goes. */
export function streamLogs(cloud: Cloud, call: Call): Reply {
  const app = findApp(cloud, call);
  const { revision = "", replica = "" } = call.params;
  const known = cloud.dataPlane.replicas(key(app.id), revision).some(({ name }) => name === replica);
  if (!known) throw errors.replicaNotFound(replica, revision);
  const tail = Number(call.query.get("tailLines") ?? defaultTail);
  if (!(tail >= 0 && tail <= maxTail))
    throw errors.invalid("InvalidTailLines", `tailLines must be from 0 to ${maxTail}.`);
  const follow = call.query.get("follow") === "true";
  const format = call.query.get("output") === "text" ? (line: string) => line : asJson;
  const lines = (): readonly string[] => cloud.dataPlane.logs(key(app.id), revision, replica);
  return { status: 200, stream: (signal) => stream(lines, { tail, follow, signal }, format) };
}

interface Following {
  readonly tail: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

async function* stream(
  lines: () => readonly string[],
  { tail, follow, signal }: Following,
  format: (line: string) => string,
): AsyncIterable<string> {
  let seen = lines();
  for (const line of tail === 0 ? [] : seen.slice(-tail)) yield `${format(line)}\n`;
  while (follow && !signal.aborted) {
    await delay(followMilliseconds, undefined, { signal }).catch(() => {});
    const now = lines();
    for (const line of newLines(seen, now)) yield `${format(line)}\n`;
    seen = now;
  }
}

/**
 * The lines of `after` that come after those of `before`, where both are windows on one growing log: the smallest shift
 * at which what is left of the older window opens the newer one.
 */
export function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  for (let shift = 0; shift <= before.length; shift += 1) {
    const kept = before.length - shift;
    if (kept <= after.length && before.every((line, index) => index < shift || line === after[index - shift])) {
      return after.slice(kept);
    }
  }
  return after;
}

/** Azure's form of a line; the time is the one that the line begins with, where it does. */
function asJson(line: string): string {
  const [, time, text] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z?)\s(.*)$/s.exec(line) ?? [];
  return JSON.stringify(time === undefined ? { Log: line } : { TimeStamp: time, Log: text });
}
