import { codeSpan } from "../digest/escapeMarkdown.ts";
import type { AffinityForecast } from "./affinityForecast.ts";
import type { AddressFate, Cause, Destruction, LogsFate, Lost } from "./destructionForecast.ts";
import type { SessionsForecast } from "./sessionsForecast.ts";

/** What happens to affinity, in one sentence. */
export function affinityLine(forecast: AffinityForecast): string {
  switch (forecast.kind) {
    case "first deployment":
      return `first deployment: ${forecast.wanted === "sticky" ? "on" : "off"} from its first answer.`;
    case "stays":
      return `stays ${forecast.wanted === "sticky" ? "on" : "off"}.`;
    case "turns on":
      return "**turns on**.";
    case "turns off":
      return "⚠️ **turns off**.";
    case "drifted":
      return `⚠️ **drifted**: it is \`${forecast.live}\` on the live app, and will be mended to \`${forecast.wanted}\`.`;
    case "adopted":
      return `was changed outside to \`${forecast.live}\`, which is what the stack now asks for as well.`;
    case "removed":
      return "⚠️ the app is deleted, and its affinity with it.";
    case "unknown":
      return `⚠️ cannot be told: ${forecast.why}.`;
  }
}

/** What happens to live sessions, in a sentence, and whether clients may be refused, in another. */
export function sessionsLine(forecast: SessionsForecast): string {
  if (forecast.refusing === undefined) return fateLine(forecast);
  const refused = `⚠️ **Clients may be refused** from then on (changed: ${listed(forecast.refusing)}).`;
  return forecast.kind === "nothing" ? `the replicas stay. ${refused}` : `${fateLine(forecast)} ${refused}`;
}

function fateLine(forecast: SessionsForecast): string {
  switch (forecast.kind) {
    case "none yet":
      return "there are none yet.";
    case "nothing":
      return "nothing happens to them.";
    case "new revision":
      return `⚠️ **a new revision ends them** on gateways that cannot resume sessions (changed: ${listed(forecast.because)}).`;
    case "unpinned":
      return "⚠️ the replicas stay, but with more than one of them a session's next request may reach another: **it ends** on gateways that cannot resume sessions.";
    case "pinned anew":
      return "the replicas stay; clients without a cookie get one with their next answer, from whichever replica gives it.";
    case "address goes":
      return `⚠️ the ${forecast.what} is ${forecast.op}d: **all of them end**.`;
    case "address changes": {
      const to = forecast.to === "another" ? "" : ` to an ${forecast.to} one`;
      return `⚠️ the address changes${to}: **all of them end** for clients that use the one of today.`;
    }
    case "unknown":
      return `⚠️ cannot be told: ${forecast.why}.`;
  }
}

/** The first few of these paths. */
const listed = (paths: readonly string[]): string =>
  `${paths.slice(0, 5).map(codeSpan).join(", ")}${paths.length > 5 ? ", …" : ""}`;

/** What the update destroys, why, what goes with it and the safe way: list items, the first one with its label. */
export function destructionLines({ lost, address, logs }: Destruction): string[] {
  const label = lost.some(({ rebuilt }) => rebuilt) ? "Destroys and rebuilds" : "Destroys";
  const causes = [...new Set(lost.flatMap(({ because }) => because.map(causeText)))];
  const why = causes.length === 0 ? "" : `, because ${sentence(causes.slice(0, mostNamed))}`;
  const details = [addressTexts[address], alongText(lost), logsTexts[logs], safeWay(lost)];
  const named = lost.slice(0, mostNamed).map((one) => lostText(one, label !== "Destroys"));
  const more = lost.length > mostNamed ? [`${lost.length - mostNamed} more`] : [];
  return [
    `- **${label}:** ⚠️ ${sentence([...named, ...more])}${why}.`,
    ...details.filter((text) => text !== "").map((text) => `  - ${text}`),
  ];
}

function lostText({ kind, name, rebuilt }: Lost, others: boolean): string {
  const inside = kind === "resource group" ? " with everything in it" : "";
  return `the ${kind} ${codeSpan(name.slice(0, longestValue))}${inside}${others && !rebuilt ? " (not rebuilt)" : ""}`;
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

const addressTexts: Readonly<Record<AddressFate, string>> = {
  none: "",
  stays: "**Address:** stays, and the replicas with it.",
  returns: "**Address:** answers nobody until the app is rebuilt; then it is the same again.",
  changes: "**Address:** changes. Clients need the new `url`.",
  goes: "**Address:** goes, and no other takes its place.",
};

/** What is on the app and not in the stack is not rebuilt with it. */
const alongText = (lost: readonly Lost[]): string =>
  lost.some(({ kind }) => kind !== "workspace")
    ? "**Not in this stack, so lost:** what others put on these resources, such as custom domains, identities, sign-in and role assignments."
    : "";

const logsTexts: Readonly<Record<LogsFate, string>> = {
  stay: "",
  go: "**Logs:** deleted with the workspace. For 14 days Azure can recover it, under its old name in its old resource group and location.",
  return: "**Logs:** Azure recovers a workspace that is created again within 14 days at the same place.",
  "name is held":
    "**Logs:** deleted with the workspace, and **the update then fails**: Azure keeps the name of a deleted workspace for 14 days and recovers it only in its old location.",
};

const secondStack =
  "deploy the change as a second stack, with `pulumi config set deploymentStamp b` so that all names differ, move clients to its `url`, then destroy this one. Commands: `docs/delivery.md`, “A change that destroys and rebuilds”.";

const safeWay = (lost: readonly Lost[]): string =>
  lost.every(({ kind }) => kind === "workspace")
    ? `**Safe way:** export the logs that you still need first. Or ${secondStack}`
    : `**Safe way:** ${secondStack}`;

/** Deletion protection has stopped the preview. `announced`: what it stopped is in {@link destructionLines} already. */
export const protectionLine = (announced: boolean): string =>
  [
    "**Deletion protection stopped this change.** It would delete or replace resources that the stack protects.",
    ...(announced ? [] : [`Safe way: ${secondStack}`]),
    "To allow it all the same, deploy `deletionProtection` false by itself first: an update lifts the protection of the next one, not its own.",
  ].join(" ");

/** `a`, `a and b`, `a, b and c`. */
const sentence = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
