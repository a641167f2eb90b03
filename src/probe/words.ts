import type { FailureReason } from "./outcome.ts";
import type { Evidence, Verdict } from "./verdict.ts";

export interface Words {
  readonly reason: string;
  readonly advice: readonly string[];
}

const turnOn =
  "Turn affinity on: az containerapp ingress sticky-sessions set --affinity sticky -n APP -g GROUP (single revision mode, HTTP ingress).";
const keepCookies =
  "Clients must keep cookies: Python's mcp does, the TypeScript SDK needs a fetch that does (fetch-cookie with tough-cookie).";
const stillNeeded =
  "Affinity is still needed for clients that hold GET streams, use the older SSE transport, or reach stdio targets.";

/** Says a verdict in words: what was seen, and what to do about it. `detail` is what a failed opening said. */
export function wordsFor({ cause }: Verdict, evidence: Evidence, detail: string): Words {
  const { main, control } = evidence;
  const replicas = main.replicas.size;
  const cookie = evidence.cookie.kind === "none" ? "no cookie" : `the cookie ${evidence.cookie.name}`;
  const lost = `${main.lost} of ${main.sessions} sessions were lost`;
  const without = control === undefined ? "" : `; without cookies ${control.lost} of ${control.sessions}`;
  const over = replicas > 1 ? ` over ${replicas} replicas` : "";
  switch (cause) {
    case "affinity-holds":
      return {
        reason: `All ${main.sessions} sessions held${over} with ${cookie} returned${without} were lost: it is affinity that holds them.`,
        advice: [keepCookies],
      };
    case "held-no-control":
      return {
        reason: `All ${main.sessions} sessions held${over}. What holds them is not shown: the run without cookies was left out.`,
        advice: ["Run again without --no-control to see whether it is the cookie."],
      };
    case "held-without-cookies":
      return {
        reason: `All ${main.sessions} sessions held${over}, and so did all ${control?.sessions} without cookies: the gateway routes by something else, such as the session id.`,
        advice: [],
      };
    case "stateless":
      return {
        reason: `The gateway gives no session id, and all ${main.calls} calls were answered: it is stateless, any replica can answer.`,
        advice: ["Affinity is not needed; turned on, it only skews the load.", stillNeeded],
      };
    case "sessionless":
      return {
        reason: `The gateway speaks only protocol 2026-07-28, which has no sessions, and all ${main.calls} calls were answered.`,
        advice: ["Affinity is not needed. Clients of 2025-11-25 and before cannot connect at all."],
      };
    case "resumes-anywhere":
      return {
        reason: `Calls were answered by other replicas than the one that opened the session, and none was lost: the gateway resumes sessions on any replica.`,
        advice: ["Affinity is not needed for calls over Streamable HTTP.", stillNeeded],
      };
    case "affinity-off":
      return {
        reason: `${lost}${over}${without}. No cookie was set: affinity is off.`,
        advice: [turnOn, keepCookies],
      };
    case "no-affinity-cookie":
      return {
        reason: `${lost}${over}${without}. ${capital(cookie)} is the same for every session, so it cannot lead back to a replica: affinity is off.`,
        advice: [turnOn],
      };
    case "cookie-not-returned":
      return {
        reason: `${lost}${over}. ${capital(cookie)} is marked Secure and the URL is plain http, so no client returns it.`,
        advice: ["Use the https address."],
      };
    case "cookie-not-honoured":
      return {
        reason:
          main.lost > 0
            ? `${lost}${over}${without}. ${capital(cookie)} is set and was returned, but it does not lead back to the replica.`
            : `${main.moved} of ${main.sessions} sessions were answered by several replicas although ${cookie} was returned; the gateway could resume them.`,
        advice: [
          "Look for a second proxy before the gateway that strips or renames the cookie, and for more than one active revision.",
          turnOn,
        ],
      };
    case "misrouted":
      return {
        reason: `${lost}, ${main.held} held. The lost ones returned ${cookie}, and their replicas still serve others: requests were sent elsewhere. An ingress that hashes the cookie does so when the number of replicas changes.`,
        advice: [
          "Keep the number of replicas fixed while sessions live (min = max), or let clients open a new session on 404.",
        ],
      };
    case "replica-gone":
      return {
        reason:
          main.lost === 0
            ? `${main.moved} of ${main.sessions} sessions went on with another replica when theirs went: the gateway could resume them; ${main.held} on other replicas held.`
            : `${lost} when their replica went${main.lostWithNewCookie > 0 ? ` (${main.lostWithNewCookie} got a new cookie)` : ""}; ${main.held} on other replicas held.`,
        advice: [
          "Sessions live in a replica's memory and end with it: look for restarts, scale-in and deployments at that time.",
          "Clients have to open a new session after a 404.",
        ],
      };
    case "gateway-restarted":
      return {
        reason: `${lost} on all replicas: the gateway restarted or was deployed anew during the run.`,
        advice: [
          "Look at the revision's history; a change of the template starts new replicas and ends every session.",
        ],
      };
    case "lost-unexplained":
      return {
        reason: `${lost}${without}. Which replica answered cannot be told here, so neither can the cause.`,
        advice: ["Give --replica-header, or offer a tool named whoami, so that replicas can be told apart.", turnOn],
      };
    case "streams-lost":
      return {
        reason: `Calls were answered on any replica, but ${evidence.streams?.lost} GET streams were refused there as streams of unknown sessions.`,
        advice: [turnOn],
      };
    case "one-replica":
      return {
        reason: `Only one replica answered${main.replicas.size === 1 ? ` (${[...main.replicas.keys()][0]})` : ""}: that sessions hold there proves nothing.`,
        advice: [
          "Scale first: az containerapp update --min-replicas 2 --max-replicas 10 -n APP -g GROUP. Then run again.",
        ],
      };
    case "replicas-unseen":
      return {
        reason:
          "No session was lost, with cookies or without, but nothing tells replicas apart: there may be only one.",
        advice: [
          "Scale to 2 replicas or more and run again; --replica-header or a tool named whoami shows which one answers.",
        ],
      };
    case "client-failed":
      return {
        reason: "The probe's own sessions held, but the official client failed its calls.",
        advice: ["See officialClient.error; run with --client lean to leave this pass out."],
      };
    case "interrupted":
      return { reason: "The run was ended before it could tell.", advice: [] };
    case "calls-failed":
      return {
        reason: `${main.callsFailed} of ${main.calls} calls and ${main.failed} of ${main.sessions} sessions failed for other reasons than a lost session (${list(main.failures)}).`,
        advice: ["Look at the gateway's log; try fewer in flight: --in-flight 4."],
      };
    default:
      return failureWords(cause, detail);
  }
}

function failureWords(reason: FailureReason, detail: string): Words {
  switch (reason) {
    case "dns":
      return { reason: `The host name cannot be resolved: ${detail}.`, advice: ["Check --url."] };
    case "refused":
      return {
        reason: `Nothing accepts connections there: ${detail}.`,
        advice: ["Check host and port; is the ingress external?"],
      };
    case "tls":
      return {
        reason: `The TLS connection failed: ${detail}.`,
        advice: [
          "For a certificate of your own authority give --ca FILE; check that the name in --url is in the certificate.",
        ],
      };
    case "timeout":
      return {
        reason: `No answer in time: ${detail}.`,
        advice: ["Is a replica running? Raise --timeout for a cold start."],
      };
    case "broken":
      return {
        reason: `The connection broke: ${detail}.`,
        advice: ["Check that http or https in --url is what the port speaks."],
      };
    case "sign-in":
      return {
        reason: `The gateway asks for sign-in: ${detail}.`,
        advice: ["Give a token with --bearer-file FILE, or in TOKEN."],
      };
    case "forbidden":
      return {
        reason: `The gateway forbids this: ${detail}.`,
        advice: ["Check the token's rights, and the ingress's IP restrictions."],
      };
    case "rate-limited":
      return {
        reason: `The gateway limits the rate: ${detail || "calls were answered 429"}.`,
        advice: ["Go slower: --rate 10."],
      };
    case "no-endpoint":
      return {
        reason: `There is no MCP endpoint at this path: ${detail}.`,
        advice: ["Check --path; common are /mcp and /sse."],
      };
    case "not-mcp":
      return { reason: `What answers does not speak MCP: ${detail}.`, advice: ["Check --url and --path."] };
    case "garbage":
      return { reason: `The answer cannot be read: ${detail}.`, advice: ["Check --url and --path."] };
    case "server-error":
      return {
        reason: `The gateway answers with an error of its own: ${detail}.`,
        advice: ["Look at the gateway's log and its targets."],
      };
    case "rejected":
      return { reason: `The gateway refuses to open a session: ${detail}.`, advice: ["Look at the gateway's log."] };
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const list = (counts: Readonly<Partial<Record<string, number>>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ") || "no answer";
