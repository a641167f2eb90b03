import type { Evidence } from "../evidence/evidence.ts";
import type { Failure, FailureReason } from "../http/outcome.ts";
import { limits } from "../options/options.ts";
import { chanceSentences } from "./chanceSentences.ts";
import { failureSentences } from "./failureSentences.ts";
import {
  keepCookies,
  misroutedSentences,
  notReturnedSentences,
  obstacleSentences,
  replicaGoneSentences,
  serverLimits,
  sessionsEndedSentences,
  timeLimits,
  turnOn,
  turnOnIfOff,
} from "./lossSentences.ts";
import { capital, counted, countsOf, type Phrases, phrasesOf, type Sentences, wereLost } from "./phrases.ts";
import type { Cause, Judgement } from "./verdict.ts";

const stillNeeded =
  "You still need affinity for clients that hold GET streams, use the older SSE transport, or reach stdio targets.";

/** Puts a judgment into sentences. `unopened` is why the first session could not be opened. */
export function sentencesFor({ cause }: Judgement, evidence: Evidence, unopened: Failure | undefined): Sentences {
  if (cause === "too-few-calls") return chanceSentences(evidence);
  if (isJudged(cause)) return sentences[cause](phrasesOf(evidence));
  return failureSentences(cause, unopened);
}

type Judged = Exclude<Cause, FailureReason | "too-few-calls">;

const isJudged = (cause: Cause): cause is Judged => Object.hasOwn(sentences, cause);

const sentences: Readonly<Record<Judged, (phrases: Phrases) => Sentences>> = {
  "affinity-holds": ({ held, cookie, cookieless, without, across }) =>
    cookieless
      ? {
          reason: `${held}${across}.${without} The gateway set no affinity cookie, so something else keeps sessions on their replicas, such as the connection.`,
          advice: [turnOnIfOff],
        }
      : {
          reason: `${held}${across}.${without} Affinity works: ${cookie} keeps each session on its replica.`,
          advice: [keepCookies],
        },
  "held-no-control": ({ held, main, control, across }) => ({
    reason: `${held}${across}. This doesn't show what keeps them in place: ${control === undefined ? "there was no control group without cookies" : `the control group without cookies (${counted(control.sessions, "session")}) gave too little evidence`}.`,
    advice: [
      control === undefined
        ? "To see whether the cookie does it, run again with a control group (without --no-control and --watch)."
        : `To see whether the cookie does it, run again with ${largerControl(main.sessions, control.sessions)}.`,
    ],
  }),
  "held-without-cookies": ({ held, control, across }) => ({
    reason: `${held}${across}, and so did ${control?.held} of ${control?.sessions} without cookies. The gateway routes by something other than a cookie, such as the session ID.`,
    advice: [],
  }),
  stateless: ({ main }) => ({
    reason: `The gateway issues no session ID, and ${main.calls - main.callsFailed} of ${main.calls} calls were answered: it is stateless, so any replica can answer.`,
    advice: ["You don't need affinity. If it is on, it only skews the load.", stillNeeded],
  }),
  sessionless: ({ main }) => ({
    reason: `The gateway only speaks protocol 2026-07-28, which has no sessions, and ${main.calls - main.callsFailed} of ${main.calls} calls were answered.`,
    advice: ["You don't need affinity. Clients that only speak 2025-11-25 or older can't connect."],
  }),
  "resumes-anywhere": ({ control }) =>
    control !== undefined && control.lost > 0
      ? {
          reason: `Calls were answered by replicas other than the session's own and no session was lost, but without cookies, ${wereLost(control)}. The gateway resumes only some sessions, or --replica-header doesn't name the replica.`,
          advice: ["Check that --replica-header names the header that identifies the replica, or leave it out."],
        }
      : {
          reason:
            "Calls were answered by replicas other than the session's own, and no session was lost: the gateway can resume a session on any replica.",
          advice: ["You don't need affinity for calls over Streamable HTTP.", stillNeeded],
        },
  "affinity-off": ({ lost, without }) => ({
    reason: `${lost}.${without} The client got no cookie: affinity is off, or a proxy in front of the gateway removes the cookie.`,
    advice: [turnOn, keepCookies],
  }),
  "no-affinity-cookie": ({ cookie, lost, without }) => ({
    reason: `${lost}.${without} ${capital(cookie)} had the same value in every session, so it can't tell replicas apart: affinity is off, or all sessions opened on one replica.`,
    advice: [turnOnIfOff, "If affinity is on, scale to two or more replicas and run again."],
  }),
  "cookie-not-returned": notReturnedSentences,
  "cookie-not-honoured": (phrases) => (phrases.main.lost > 0 ? notFollowed(phrases) : movedAnyway(phrases)),
  misrouted: misroutedSentences,
  "sessions-ended": sessionsEndedSentences,
  "replica-gone": replicaGoneSentences,
  "gateway-restarted": ({ lost }) => ({
    reason: `${lost}: the gateway restarted or was redeployed during the run, or dropped all affinity at that time.`,
    advice: ["Check the revision history: a template change starts new replicas and ends every session.", timeLimits],
  }),
  "lost-unexplained": ({ main, lost, without }) =>
    main.replicas.size === 1
      ? {
          reason: `${lost}.${without} Only one replica was seen, and nothing shows why sessions were lost there.`,
          advice: ["Check for restarts at that time.", serverLimits, turnOnIfOff],
        }
      : {
          reason: `${lost}.${without} Nothing in the responses tells replicas apart, so the cause is unknown.`,
          advice: [
            "Pass --replica-header, or add a tool named whoami, so that the probe can tell replicas apart.",
            turnOnIfOff,
          ],
        },
  "streams-lost": ({ streams, cookieless }) => ({
    reason: `Calls were answered, but ${counted(streams?.lost ?? 0, "GET stream")} couldn't be opened because the replica didn't know the session.`,
    advice: [cookieless ? turnOn : turnOnIfOff],
  }),
  "one-replica": ({ main }) => ({
    reason: `Only one replica answered${main.replicas.size === 1 ? ` (${[...main.replicas.keys()][0]})` : ""}, so this run can't show whether sessions stay with their replica.`,
    advice: [
      "Scale to two or more replicas and run again. On Container Apps: az containerapp update --min-replicas 2 --max-replicas 10 -n APP -g GROUP.",
      "If several replicas are already running, the gateway may route by the client's address: run the probe from several machines.",
    ],
  }),
  "replicas-unseen": ({ control }) => ({
    reason: `No session was lost${control === undefined ? "" : ", with or without cookies"}, but nothing in the responses tells replicas apart: there may be only one.`,
    advice: [
      "Scale to two or more replicas and run again. With --replica-header or a tool named whoami, the probe can tell which one answered.",
    ],
  }),
  "client-failed": () => ({
    reason: "The probe's own driver lost no session, but the official MCP client failed.",
    advice: ["Read its error in the notes (officialClient.error in the JSON), or skip this check with --client lean."],
  }),
  interrupted: () => ({ reason: "The run was interrupted before it could reach a verdict.", advice: [] }),
  "calls-failed": ({ main }) => ({
    reason: `${main.callsFailed} of ${main.calls} calls and ${main.failed} of ${main.sessions} sessions failed, but not because a session was lost (${countsOf(main.failures) || "no response"}).`,
    advice: ["Check the gateway's log. If the gateway is overloaded, send fewer requests at a time: --in-flight 4."],
  }),
};

/** The options for a larger control group, which never has more sessions than the run itself. */
function largerControl(sessions: number, control: number): string {
  const wanted = Math.min(limits.control, Math.max(limits.usualControl, 2 * control));
  return `a larger one: ${sessions < wanted ? `--sessions ${wanted} ` : ""}--control-sessions ${wanted}`;
}

const proxyCheck =
  "Check for a proxy in front of the gateway that strips or renames the cookie, and for more than one active revision.";

function notFollowed({ cookie, lost, without }: Phrases): Sentences {
  return {
    reason: `${lost}.${without} ${capital(cookie)} was set and returned, but it doesn't lead back to the session's replica.`,
    advice: [proxyCheck, turnOnIfOff],
  };
}

/** No session was lost, so the gateway can resume them, although the cookie should have kept them in place. */
function movedAnyway({ main, cookie, notReturned }: Phrases): Sentences {
  const head = `Several replicas answered ${main.moved} of ${main.sessions} sessions; the gateway could resume every moved session.`;
  if (notReturned !== undefined) {
    const [why, advice] = obstacleSentences(notReturned);
    return { reason: `${head} ${capital(cookie)} ${why}.`, advice: [advice] };
  }
  const replaced = main.movedFromGone > 0 ? ["Check for restarts, scale-in and deployments during the run."] : [];
  return {
    reason: `${head} ${capital(cookie)} was set and returned, but it didn't keep every session on its replica.`,
    advice: [proxyCheck, ...replaced, turnOnIfOff],
  };
}
