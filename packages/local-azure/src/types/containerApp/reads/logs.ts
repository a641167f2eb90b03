import { setTimeout as delay } from "node:timers/promises";
import type { Cloud } from "../../../arm/cloud.ts";
import { errors } from "../../../arm/errors.ts";
import { key } from "../../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../../arm/router.ts";
import type { LogLine } from "../../../dataPlane/contract/dataPlane.ts";
import { apps } from "../model/app.ts";
import { asLine, opening } from "../model/systemLog.ts";
import { findApp } from "./apps.ts";

/** The calls of `az containerapp logs show`: a token, then the log lines of a replica or of the app. */

const defaultTail = 20;
const maxTail = 300;
const followMilliseconds = 200;

export function getAuthToken(cloud: Cloud, call: ArmCall): ArmReply {
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

/**
 * Streams a replica's last `tailLines` lines (default 20, at most 300). With `follow=true`, streams new lines too,
 * until the client disconnects or the replica is gone.
 */
export function streamLogs(cloud: Cloud, call: ArmCall): ArmReply {
  const app = findApp(cloud, call);
  const { revision = "", replica = "", container = "" } = call.params;
  const runs = (): boolean => cloud.dataPlane.replicas(key(app.id), revision).some(({ name }) => name === replica);
  if (!runs()) throw errors.replicaNotFound(replica, revision);
  const text = call.query.get("output") === "text";
  return streamOf(call, {
    opening: text ? [] : connected(container, revision, replica),
    // As on Azure, without the platform's lines about the replica. Those are in the system log.
    lines: () => cloud.dataPlane.logs(key(app.id), revision, replica).filter(({ source }) => source === "replica"),
    format: text ? ({ text: line }) => line : asJson,
    mayGrow: runs,
  });
}

/** Streams the app's system log in the same way: `az containerapp logs show --type system`. */
export function streamEvents(cloud: Cloud, call: ArmCall): ArmReply {
  const app = findApp(cloud, call);
  return streamOf(call, {
    opening: opening(),
    lines: () => app.log.entries(),
    format: (event) => asLine(app.name, event),
    mayGrow: () => apps(cloud).get(key(app.id)) === app,
  });
}

interface Source<Line extends { readonly number: number }> {
  /** Lines that the stream starts with. */
  readonly opening: readonly string[];
  readonly lines: () => readonly Line[];
  readonly format: (line: Line) => string;
  readonly mayGrow: () => boolean;
}

function streamOf<Line extends { readonly number: number }>({ query }: ArmCall, source: Source<Line>): ArmReply {
  const tail = Number(query.get("tailLines") ?? defaultTail);
  if (!(tail >= 0 && tail <= maxTail)) {
    const got = query.get("tailLines");
    throw errors.invalid("InvalidTailLines", `tailLines must be a number from 0 to ${maxTail}, got '${got}'.`);
  }
  const follow = query.get("follow") === "true";
  return { status: 200, stream: (signal) => stream(source, { tail, follow, signal }) };
}

interface Following {
  readonly tail: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

async function* stream<Line extends { readonly number: number }>(
  { opening: first, lines, format, mayGrow }: Source<Line>,
  { tail, follow, signal }: Following,
): AsyncIterable<string> {
  for (const line of first) yield `${line}\n`;
  const there = lines();
  for (const line of tail === 0 ? [] : there.slice(-tail)) yield `${format(line)}\n`;
  let seen = there.at(-1)?.number ?? 0;
  let more = follow && mayGrow();
  while (more && !signal.aborted) {
    await delay(followMilliseconds, undefined, { signal }).catch(() => {});
    // Checked before the lines are read, so that the last lines of an ended replica are still sent.
    more = mayGrow();
    for (const line of lines().filter(({ number }) => number > seen)) {
      yield `${format(line)}\n`;
      seen = line.number;
    }
  }
}

/** Azure's format of a line, and of the opening lines below: azure-cli's recording of `containerapp_logstream`. */
const asJson = ({ time, text }: LogLine): string =>
  JSON.stringify({ TimeStamp: time.replace("Z", "+00:00"), Log: text });

function connected(container: string, revision: string, replica: string): readonly string[] {
  const TimeStamp = new Date().toISOString().replace("Z", "");
  const done = `Successfully Connected to container: '${container}' [Revision: '${revision}', Replica: '${replica}']`;
  return [`Connecting to the container '${container}'...`, done].map((Log) => JSON.stringify({ TimeStamp, Log }));
}
