import type { NotReturned } from "../evidence/evidence.ts";
import type { Phrases, Words } from "./phrases.ts";

export const timeLimits = "Look at the time limits of the load balancer's affinity; they have to outlast the sessions.";
export const serverLimits =
  "Look at how long the MCP server keeps a session that is idle, and at its limit of sessions.";

/** Sessions were lost although their replicas still serve others. */
export function misroutedWords({ main, control, cookie, cookieless, lost, over }: Phrases): Words {
  if (cookieless) {
    return {
      reason: `${lost}${over}; without cookies, in a shorter run, none of ${control?.sessions ?? 0}. The gateway routes by something else than a cookie, and not for as long as sessions live.`,
      advice: [timeLimits],
    };
  }
  const head = `${lost}, ${main.held} held. The lost ones returned ${cookie}, and their replicas still serve others`;
  if (main.lostWithNewCookie === main.lost) {
    return {
      reason: `${head}; yet the gateway sent them elsewhere and gave them a new cookie: it takes a cookie no longer than for a time, or only under some conditions.`,
      advice: [timeLimits],
    };
  }
  return {
    reason: `${head}: requests were sent elsewhere, as an ingress that hashes the cookie does when the number of replicas changes, or the server itself ended these sessions.`,
    advice: [
      "Keep the number of replicas fixed while sessions live (min = max), or let clients open a new session on 404.",
      serverLimits,
    ],
  };
}

/** What is the matter with the cookie, and what to do about it. */
export function obstacleWords({ why, domain, path, lifetime }: NotReturned): readonly [string, string] {
  switch (why) {
    case "secure":
      return ["is marked Secure and the URL is plain http, so no client returns it", "Use the https address."];
    case "domain":
      return [
        `is set for the domain ${domain}, to which the host of the URL does not belong, so no client returns it`,
        "Let the proxy before the gateway pass the host name on that clients use, or rewrite the Domain of Set-Cookie.",
      ];
    case "path":
      return [
        `is set for the path ${path || "of the address that set it"}, to which not all requests go, so clients do not return it with them`,
        "Let the proxy before the gateway set the cookie for Path=/.",
      ];
    case "expired":
      return [
        `ends after ${Math.round(lifetime)} s, before the session does, and clients return it no longer`,
        "Let the cookie live as long as the client (no Max-Age, no Expires), or longer than any session.",
      ];
  }
}
