import { codeSpan } from "../digest/escapeMarkdown.ts";
import type { CutOff, UnknownEffect } from "./liveEffects.ts";
import type { LiveTargets } from "./liveTargets.ts";
import type { ClientsForecast, SessionsForecast } from "./sessionsForecast.ts";

/** Returns list items about what cuts clients off, and about changes whose effect isn't known. */
export function clientLines({ sessions, cuts, unknown }: ClientsForecast): string[] {
  // If the forecast of sessions is unknown, its line already names these changes.
  const named = sessions.kind === "unknown" || unknown.length === 0;
  return [
    ...cuts.map((cut) => `- **Clients:** ⚠️ ${cutSentence(cut)}`),
    ...(named ? [] : [`- **Clients:** ⚠️ ${unknownSentence(unknown)}`]),
  ];
}

function cutSentence({ how, names, paths }: CutOff): string {
  const which = names.length > 0 ? listed(names) : "";
  const changed = `(changed: ${listed(paths)})`;
  switch (how) {
    case "domain":
      return which === ""
        ? `**clients of a custom domain may lose their address** ${changed}.`
        : `**clients of ${which} lose their address**: the update removes the custom domain from the app.`;
    case "binding":
      return `**clients of ${which} may be refused**: the custom domain's certificate or binding changes.`;
    case "refused":
      return `**they may be refused** after the update ${changed}.`;
    case "pull":
      return `**new replicas may not start**: the update removes or changes how the app signs in to ${which === "" ? "a registry" : `the registry ${which}`} ${changed}.`;
    case "identity":
      return `**the gateway may lose its access** to upstream servers, and new replicas may not start: the update removes or changes a managed identity ${changed}.`;
    case "secret":
      return `the update removes one of the app's secrets, or changes its source ${changed}. **If a registry uses the secret, new replicas may not start; if the app's authentication uses it, clients may be unable to sign in.**`;
    case "network":
      return `**connections may be interrupted or refused**, including those of other apps in the environment ${changed}.`;
  }
}

/** Says what happens to live sessions. */
export function sessionsSentence(forecast: SessionsForecast): string {
  switch (forecast.kind) {
    case "none yet":
      return "none to interrupt.";
    case "unaffected":
      return forecast.elsewhere ? "the replicas keep running." : "not affected.";
    case "new revision":
      return revisionSentence(forecast.targets, `(changed: ${listed(forecast.because)})`);
    case "moves":
      return `⚠️ **they may end**: replicas may move, or requests may go to another revision (changed: ${listed(forecast.because)}).`;
    case "unpinned":
      return unpinnedSentence(forecast.targets);
    case "pinned":
      return "the replicas keep running. A client without a cookie gets one for the replica that answers its next request.";
    case "address lost":
      return `⚠️ **all of them end**: the ${forecast.what} is ${forecast.op}d.`;
    case "address changes":
      return `⚠️ **sessions on the current address end**: ${forecast.to === "another" ? "the address changes" : `it becomes ${forecast.to}`}.`;
    case "unknown":
      return `⚠️ ${[...(forecast.why === undefined ? [] : [`unknown: ${forecast.why}.`]), ...(forecast.because.length === 0 ? [] : [unknownSentence(forecast.because)])].join(" ")}`;
  }
}

function revisionSentence(targets: LiveTargets, changed: string): string {
  switch (targets.kind) {
    case "resumed":
      return `a new revision takes over, and **no Streamable HTTP session ends**: AgentGateway can resume the sessions of every target in the gateway's file. Open GET streams, sessions of the older SSE transport and calls that outlast \`drainSeconds\` are cut, so clients have to reconnect ${changed}.`;
    case "lost":
      return `⚠️ **a new revision ends those that use ${kindsText(targets.kinds)}** ${changed}.`;
    case "other key":
      return `⚠️ **a new revision ends all of them**: the update adds or removes \`SESSION_KEY\`, so the new replicas can't read their IDs ${changed}.`;
    case "unknown":
      return `⚠️ **a new revision ends them**, unless the gateway can resume sessions ${changed}.`;
  }
}

function unpinnedSentence(targets: LiveTargets): string {
  const other = "with more than one replica, a request may reach a replica that doesn't have its session";
  switch (targets.kind) {
    case "resumed":
      return `⚠️ ${other}. **Streamable HTTP sessions continue**: AgentGateway can resume those of every target in the gateway's file. Sessions of the older SSE transport fail there, and a GET stream can only be opened there after the session's first call.`;
    case "lost":
      return `⚠️ ${other}: **sessions that use ${kindsText(targets.kinds)} end**.`;
    case "other key":
    case "unknown":
      return `⚠️ ${other}: **the session ends**, unless the gateway can resume it.`;
  }
}

const kindNames = new Map([
  ["stdio", "stdio"],
  ["sse", "SSE"],
]);

const kindsText = (kinds: readonly string[]): string =>
  `${kinds.map((kind) => kindNames.get(kind) ?? "unknown").join("/")} targets`;

/** Lists changes whose effect isn't in the tables, which doesn't mean that they have none. */
function unknownSentence(unknown: readonly UnknownEffect[]): string {
  const texts = unknown.map(({ name, type, op, path }) =>
    path === undefined ? `${op} ${codeSpan(type)} ${codeSpan(name)}` : `${codeSpan(path)} of ${codeSpan(name)}`,
  );
  return `**unknown**: this tool doesn't know how these changes affect live clients: ${firstFive(texts)}.`;
}

const listed = (paths: readonly string[]): string => firstFive(paths.map(codeSpan));

const firstFive = (texts: readonly string[]): string =>
  `${texts.slice(0, 5).join(", ")}${texts.length > 5 ? `, … (${texts.length} in all)` : ""}`;
