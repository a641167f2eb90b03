import type { Evidence } from "../evidence/evidence.ts";
import type { Failure, FailureReason } from "../http/outcome.ts";
import { failureWords } from "./failureWords.ts";
import { misroutedWords, obstacleWords, serverLimits, timeLimits } from "./lossWords.ts";
import { luckWords } from "./luckWords.ts";
import { capital, countsOf, type Phrases, phrasesOf, type Words } from "./phrases.ts";
import type { Cause, Judgement } from "./verdict.ts";

const turnOn =
  "Turn affinity on: az containerapp ingress sticky-sessions set --affinity sticky -n APP -g GROUP (single revision mode, HTTP ingress).";
const keepCookies =
  "Clients must keep cookies: Python's mcp does, the TypeScript SDK needs a fetch that does (fetch-cookie with tough-cookie).";
const stillNeeded =
  "Affinity is still needed for clients that hold GET streams, use the older SSE transport, or reach stdio targets.";

/** Says a verdict in words: what was seen, and what to do about it. `unopened` is why the first session was not. */
export function wordsFor({ cause }: Judgement, evidence: Evidence, unopened: Failure | undefined): Words {
  if (cause === "too-few-calls") return luckWords(evidence);
  if (isJudged(cause)) return sentences[cause](phrasesOf(evidence));
  return failureWords(cause, unopened);
}

type Judged = Exclude<Cause, FailureReason | "too-few-calls">;

const isJudged = (cause: Cause): cause is Judged => Object.hasOwn(sentences, cause);

const sentences: Readonly<Record<Judged, (phrases: Phrases) => Words>> = {
  "affinity-holds": ({ held, cookie, without, over }) => ({
    reason: `${held}${over} with ${cookie} returned${without} were lost: it is affinity that holds them.`,
    advice: [keepCookies],
  }),
  "held-no-control": ({ held, control, over }) => ({
    reason: `${held}${over}. What holds them is not shown: the run without cookies was ${control === undefined ? "left out" : "too small"}.`,
    advice: [
      control === undefined
        ? "Run again with the control (neither --no-control nor --watch) to see whether it is the cookie."
        : "Run again with a larger control (--control-sessions 20) to see whether it is the cookie.",
    ],
  }),
  "held-without-cookies": ({ held, control, over }) => ({
    reason: `${held}${over}, and so did all ${control?.sessions} without cookies: the gateway routes by something else, such as the session id.`,
    advice: [],
  }),
  stateless: ({ main }) => ({
    reason: `The gateway gives no session id, and ${main.calls - main.callsFailed} of ${main.calls} calls were answered: it is stateless, any replica can answer.`,
    advice: ["Affinity is not needed; turned on, it only skews the load.", stillNeeded],
  }),
  sessionless: ({ main }) => ({
    reason: `The gateway speaks only protocol 2026-07-28, which has no sessions, and ${main.calls - main.callsFailed} of ${main.calls} calls were answered.`,
    advice: ["Affinity is not needed. Clients of 2025-11-25 and before cannot connect at all."],
  }),
  "resumes-anywhere": () => ({
    reason: `Calls were answered by other replicas than the one that opened the session, and none was lost: the gateway resumes sessions on any replica.`,
    advice: ["Affinity is not needed for calls over Streamable HTTP.", stillNeeded],
  }),
  "affinity-off": ({ lost, without, over }) => ({
    reason: `${lost}${over}${without}. No cookie was set: affinity is off.`,
    advice: [turnOn, keepCookies],
  }),
  "no-affinity-cookie": ({ cookie, lost, without, over }) => ({
    reason: `${lost}${over}${without}. ${capital(cookie)} is the same for every session, so it cannot lead back to a replica: affinity is off.`,
    advice: [turnOn],
  }),
  "cookie-not-returned": ({ cookie, lost, over, notReturned }) => {
    const [why, advice] = notReturned === undefined ? ["is not returned", ""] : obstacleWords(notReturned);
    return { reason: `${lost}${over}. ${capital(cookie)} ${why}.`, advice: [advice] };
  },
  "cookie-not-honoured": ({ main, cookie, lost, without, over }) => ({
    reason:
      main.lost > 0
        ? `${lost}${over}${without}. ${capital(cookie)} is set and was returned, but it does not lead back to the replica.`
        : `${main.moved} of ${main.sessions} sessions were answered by several replicas although ${cookie} was returned; the gateway could resume them.`,
    advice: [
      "Look for a second proxy before the gateway that strips or renames the cookie, and for more than one active revision.",
      turnOn,
    ],
  }),
  misrouted: misroutedWords,
  "sessions-ended": ({ main, cookie, lost }) => ({
    reason: `${lost}, ${main.held} held. The lost ones returned ${cookie} and were given no other, and their replicas still serve others: the server itself ended these sessions, or the gateway stopped looking at the cookie.`,
    advice: [serverLimits, "Clients have to open a new session after a 404."],
  }),
  "replica-gone": ({ main, lost }) => ({
    reason:
      main.lost === 0
        ? `${main.moved} of ${main.sessions} sessions went on with another replica when theirs went: the gateway could resume them; ${main.held} on other replicas held.`
        : `${lost} when their replica went${main.lostWithNewCookie > 0 ? ` (${main.lostWithNewCookie} got a new cookie)` : ""}; ${main.held} on other replicas held.`,
    advice: [
      "Sessions live in a replica's memory and end with it: look for restarts, scale-in and deployments at that time.",
      "Clients have to open a new session after a 404.",
    ],
  }),
  "gateway-restarted": ({ lost }) => ({
    reason: `${lost}, on all replicas: the gateway restarted or was deployed anew during the run, or ended all affinity at that time.`,
    advice: [
      "Look at the revision's history; a change of the template starts new replicas and ends every session.",
      timeLimits,
    ],
  }),
  "lost-unexplained": ({ lost, without }) => ({
    reason: `${lost}${without}. Which replica answered cannot be told here, so neither can the cause.`,
    advice: ["Give --replica-header, or offer a tool named whoami, so that replicas can be told apart.", turnOn],
  }),
  "streams-lost": ({ streams }) => ({
    reason: `Calls were answered on any replica, but ${streams?.lost} GET streams were refused there as streams of unknown sessions.`,
    advice: [turnOn],
  }),
  "one-replica": ({ main }) => ({
    reason: `Only one replica answered${main.replicas.size === 1 ? ` (${[...main.replicas.keys()][0]})` : ""}: that sessions hold there proves nothing.`,
    advice: [
      "Scale first: az containerapp update --min-replicas 2 --max-replicas 10 -n APP -g GROUP. Then run again.",
      "Where more replicas run already, the gateway routes by the client's address: run from several.",
    ],
  }),
  "replicas-unseen": () => ({
    reason: "No session was lost, with cookies or without, but nothing tells replicas apart: there may be only one.",
    advice: [
      "Scale to 2 replicas or more and run again; --replica-header or a tool named whoami shows which one answers.",
    ],
  }),
  "client-failed": () => ({
    reason: "The probe's own sessions held, but the official client failed its calls.",
    advice: ["See officialClient.error; run with --client lean to leave this pass out."],
  }),
  interrupted: () => ({ reason: "The run was ended before it could tell.", advice: [] }),
  "calls-failed": ({ main }) => ({
    reason: `${main.callsFailed} of ${main.calls} calls and ${main.failed} of ${main.sessions} sessions failed for other reasons than a lost session (${countsOf(main.failures) || "no answer"}).`,
    advice: ["Look at the gateway's log; try fewer in flight: --in-flight 4."],
  }),
};
