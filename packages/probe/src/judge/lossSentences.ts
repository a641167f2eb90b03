import type { NotReturned } from "../evidence/evidence.ts";
import { capital, type Phrases, type Sentences } from "./phrases.ts";

const stickyCommand =
  "On Container Apps: az containerapp ingress sticky-sessions set --affinity sticky -n APP -g GROUP (needs single revision mode and HTTP ingress).";
/** For causes that leave no doubt that affinity is off. */
export const turnOn = `Turn affinity on. ${stickyCommand}`;
/** For causes that are also seen with affinity on. */
export const turnOnIfOff = `If affinity is off, turn it on. ${stickyCommand}`;
export const keepCookies =
  "Clients must return cookies: Python's mcp does; the TypeScript SDK needs a fetch with a cookie jar (fetch-cookie with tough-cookie).";
export const timeLimits = "Check the time limits of the load balancer's affinity: they must outlast the sessions.";
export const serverLimits =
  "Check how long the MCP server keeps idle sessions, and how many sessions it keeps at a time.";
export const reopen = "Clients must open a new session when the gateway no longer knows theirs, usually after a 404.";

/** Sessions were lost although most replicas kept serving. */
export function misroutedSentences(phrases: Phrases): Sentences {
  const { main, control, cookie, cookieless, lost } = phrases;
  if (cookieless) {
    return {
      reason: `${lost}, but none of the ${control?.sessions ?? 0} without cookies. Either the gateway routes by something other than a cookie and stops doing so before the sessions end, or the server itself ended these sessions.`,
      advice: [timeLimits, serverLimits],
    };
  }
  const { replicas, those, they } = wordsFor(main.lost);
  const serving = main.lostBy.misrouted + main.lostBy.forgotten === main.lost ? ` ${replicas} other sessions.` : "";
  const head = `${lost}; ${main.held} held.${serving} ${they} returned ${cookie}`;
  if (main.lostWithNewCookie === main.lost) {
    return {
      reason: `${head}, but the gateway used another replica and replaced the cookie: it accepts a cookie only for a limited time, or only under certain conditions.`,
      advice: [timeLimits],
    };
  }
  return {
    reason: `${head}. Either the gateway used another replica (for example because an ingress that hashes the cookie gained or lost replicas), or the server itself ended ${those}.`,
    advice: [
      "Keep the number of replicas fixed (min = max), or make sure that clients open a new session after a 404.",
      serverLimits,
    ],
  };
}

/** The words that differ for one lost session and for several. */
const wordsFor = (lost: number) =>
  lost === 1
    ? { replicas: "The replica of the lost session still serves", those: "this session", they: "The lost session" }
    : { replicas: "The replicas of the lost sessions still serve", those: "these sessions", they: "The lost sessions" };

/** Sessions were lost that their own replica should still know. */
export function sessionsEndedSentences({ main, cookie, cookieless, lost }: Phrases): Sentences {
  const { forgotten } = main.lostBy;
  const { replicas, those } = wordsFor(main.lost);
  const whose =
    forgotten === main.lost
      ? replicas
      : forgotten === 1
        ? "The replica of one of the lost sessions still serves"
        : `The replicas of ${forgotten} of the lost sessions still serve`;
  const kept = cookieless || main.lostWithNewCookie > 0 ? "" : `, and the gateway didn't replace ${cookie}`;
  const or = cookieless ? "" : ", or the gateway stopped following the cookie";
  return {
    reason: `${lost}; ${main.held} held. ${whose} other sessions${kept}: the server itself probably ended ${those}${or}.`,
    advice: [serverLimits, reopen],
  };
}

/** A replica stopped answering; its sessions were lost, or another replica resumed them. */
export function replicaGoneSentences({ main, lost }: Phrases): Sentences {
  const { moved, sessions, held, lostWithNewCookie } = main;
  const check = "Check for restarts, scale-in and deployments at that time.";
  if (main.lost === 0) {
    return {
      reason: `${moved} of ${sessions} sessions moved to another replica because the previous one stopped answering; the gateway could resume every moved session. ${held} held.`,
      advice: [check],
    };
  }
  const gone = main.lostBy["replica-gone"] + main.lostBy.restarted;
  const share = gone === main.lost ? "" : `, ${gone} of them`;
  const cookies = lostWithNewCookie > 0 ? ` (${lostWithNewCookie} got a new cookie)` : "";
  return {
    reason: `${lost}${share} because a replica stopped or restarted${cookies}; ${held} held.`,
    advice: [`Sessions live in a replica's memory and end with it. ${check}`, reopen],
  };
}

/** The gateway's cookie does not come back from clients. */
export function notReturnedSentences(phrases: Phrases): Sentences {
  const { cookie, lost, notReturned } = phrases;
  const [why, advice] = notReturned === undefined ? ["was not returned", keepCookies] : obstacleSentences(notReturned);
  return { reason: `${lost}. ${capital(cookie)} ${why}.`, advice: [advice] };
}

/** What keeps clients from returning the cookie, and what to do about it. */
export function obstacleSentences({ why, domain, path, lifetime }: NotReturned): readonly [string, string] {
  switch (why) {
    case "secure":
      return ["is marked Secure but the URL is plain http, so clients don't return it", "Use the https address."];
    case "domain":
      return [
        `is set for the domain ${domain}, which doesn't match the host name in the URL, so clients don't return it`,
        "Make the proxy in front of the gateway pass on the host name that clients use, or rewrite the cookie's Domain.",
      ];
    case "path": {
      const scope =
        path === ""
          ? "has no Path, which limits it to the folder of the URL that set it"
          : `is set for the path ${path}`;
      return [
        `${scope}, so clients don't return it with requests to other paths`,
        "Make the proxy in front of the gateway set the cookie with Path=/.",
      ];
    }
    case "expired":
      return [
        `expires ${Math.round(lifetime)} s after it is set, while sessions are still in use, so clients stop returning it`,
        "Set the cookie without Max-Age and Expires, or make it last longer than any session.",
      ];
  }
}
