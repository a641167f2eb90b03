import type { AffinityForecast } from "./affinityForecast.ts";
import { codeSpan } from "./escape.ts";
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
