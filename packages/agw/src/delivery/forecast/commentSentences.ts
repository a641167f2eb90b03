import { codeSpan } from "../digest/escapeMarkdown.ts";
import type { AffinityForecast } from "./affinityForecast.ts";
import type { AddressFate, Cause, Destruction, LogsFate, Lost } from "./destructionForecast.ts";

/** Says in one sentence what happens to affinity. */
export function affinitySentence(forecast: AffinityForecast): string {
  switch (forecast.kind) {
    case "first deployment":
      return forecast.wanted === "sticky" ? "on from the first request (first deployment)." : "off (first deployment).";
    case "stays":
      return `stays ${forecast.wanted === "sticky" ? "on" : "off"}.`;
    case "turns on":
      return "**turns on**.";
    case "turns off":
      return "⚠️ **turns off**.";
    case "drifted":
      return `⚠️ **drifted**: the live app has \`${forecast.live}\`; the next update sets it back to \`${forecast.wanted}\`.`;
    case "adopted":
      return `already \`${forecast.live}\`: it was changed outside this stack, which now declares the same value.`;
    case "removed":
      return "⚠️ removed with the app.";
    case "unknown":
      return `⚠️ unknown: ${forecast.why}.`;
  }
}

/** Returns list items: what the update destroys and why, what is lost with it, and the safe way. */
export function destructionLines({ lost, address, logs }: Destruction): string[] {
  const label = lost.some(({ rebuilt }) => rebuilt) ? "Destroys and rebuilds" : "Destroys";
  const causes = [...new Set(lost.flatMap(({ because }) => because.map(causeText)))];
  const why = causes.length === 0 ? "" : `, because ${joinedWithAnd(causes.slice(0, mostNamed))}`;
  const details = [addressSentences[address], outsideSentence(lost), logsSentences[logs], safeWay(lost)];
  const named = lost.slice(0, mostNamed).map((one) => lostText(one, label !== "Destroys"));
  const more = lost.length > mostNamed ? [`${lost.length - mostNamed} more`] : [];
  return [
    `- **${label}:** ⚠️ ${joinedWithAnd([...named, ...more])}${why}.`,
    ...details.filter((text) => text !== "").map((text) => `  - ${text}`),
  ];
}

function lostText({ kind, name, rebuilt }: Lost, othersRebuilt: boolean): string {
  const inside = kind === "resource group" ? " with everything in it" : "";
  return `the ${kind} ${codeSpan(name.slice(0, longestValue))}${inside}${othersRebuilt && !rebuilt ? " (not rebuilt)" : ""}`;
}

function causeText({ path, before, after }: Cause): string {
  const value = (given: unknown): string | undefined =>
    typeof given === "string" || typeof given === "number" || typeof given === "boolean"
      ? codeSpan(String(given).slice(0, longestValue))
      : undefined;
  const [from, to] = [value(before), value(after)];
  return `${codeSpan(path)} changes${from ? ` from ${from}` : ""}${to ? ` to ${to}` : ""}`;
}

const longestValue = 100;
const mostNamed = 10;

const addressSentences: Readonly<Record<AddressFate, string>> = {
  none: "",
  stays: "**Address:** stays the same, and the replicas keep running.",
  returns: "**Address:** stays the same, but nothing answers until the app is rebuilt.",
  changes: "**Address:** changes. Clients need the new `url`.",
  removed: "**Address:** removed, with no replacement.",
};

/** A rebuild restores only what the stack declares. */
const outsideSentence = (lost: readonly Lost[]): string =>
  lost.some(({ kind }) => kind !== "workspace")
    ? "**Not rebuilt:** anything set up outside this stack, such as custom domains, identities, authentication and role assignments."
    : "";

const logsSentences: Readonly<Record<LogsFate, string>> = {
  kept: "",
  deleted:
    "**Logs:** deleted with the workspace. For 14 days, Azure can recover it under its old name, in its old resource group and location.",
  recovered:
    "**Logs:** Azure recovers the workspace if it is recreated within 14 days under the same name, in the same resource group and location.",
  "name reserved":
    "**Logs:** deleted with the workspace. **The update then fails**: Azure reserves the name of a deleted workspace for 14 days and recovers it only in its old location.",
};

const secondStack =
  "deploy the change to a second stack (`pulumi config set deploymentStamp b` gives it different names), move clients to its `url`, then destroy this stack. The commands are in `docs/delivery.md`, “A change that destroys and rebuilds”.";

const safeWay = (lost: readonly Lost[]): string =>
  lost.every(({ kind }) => kind === "workspace")
    ? `**Safe way:** export the logs you still need first, or ${secondStack}`
    : `**Safe way:** ${secondStack}`;

/**
 * Says that deletion protection stopped the preview, and how to go on.
 * @param explained whether {@link destructionLines} already gives the safe way
 */
export const protectionSentences = (explained: boolean): string =>
  [
    "**Deletion protection stopped this change**, which would delete or replace protected resources.",
    ...(explained ? [] : [`Safe way: ${secondStack}`]),
    "To allow it anyway, first set `deletionProtection` to false and deploy that on its own: Pulumi goes by the protection that the last update recorded.",
  ].join(" ");

/** `a`, `a and b`, `a, b and c`. */
const joinedWithAnd = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
