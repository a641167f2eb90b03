import { type Address, type AnsweringAddress, affinityCookies } from "./checkNeeds.ts";
import { type CheckResult, notOk, ok, unknown } from "./checkResult.ts";
import type { Facts, SeenCookie } from "./facts.ts";
import { expected, outOfReach, refusalOf } from "./reach.ts";

type CookieAddress = AnsweringAddress & { readonly cookie: SeenCookie };

export function urlAnswers({ url, answer }: Address, facts: Facts): CheckResult {
  const curl = `curl --verbose ${new URL("/mcp", url).href}`;
  if (answer.kind === "silent") {
    const why = outOfReach(facts, url);
    if (why !== undefined && !answer.untrusted) return unknown(`${url}: ${answer.message}; ${why}`, curl);
    const mend = answer.untrusted ? `npx agw doctor --url ${url} --ca FILE, with the authority that signed it` : curl;
    return notOk(`${url}: ${answer.message}`, mend);
  }
  const found = `${url}: HTTP ${answer.status}`;
  const refusal = refusalOf(facts, url, answer.status);
  if (refusal !== undefined) return unknown(`${found}; ${refusal.why}`, refusal.more);
  // A gateway refuses a GET without session with 4xx; that is an answer all the same.
  return answer.status >= 500 ? notOk(found, curl) : ok(found);
}

export function issued({ answer, cookie }: AnsweringAddress, facts: Facts): CheckResult {
  if (cookie === undefined) return withoutCookie(facts, answer.status);
  const { name } = cookie;
  if (!affinityCookies.includes(name)) {
    return unknown(`${name}: not known as an affinity cookie`, `npx agw probe --url ${facts.url}`);
  }
  if (expected(facts) === "none") return notOk(`${name}, although affinity is off`, `npx agw probe --url ${facts.url}`);
  return ok(name);
}

function withoutCookie(facts: Facts, status: number): CheckResult {
  const wanted = expected(facts);
  if (wanted === "none") return ok("none, as affinity is off");
  const why = facts.url === undefined ? undefined : noReplica(facts, facts.url, status);
  const probe = `npx agw probe --url ${facts.url}`;
  if (wanted === "sticky" && why === undefined) return notOk("none, although affinity is on", probe);
  return unknown(`none: ${why ?? "affinity is off, or this is no container app's address"}`, probe);
}

/** Why no replica may have answered, so that there is none for a cookie to lead to. */
function noReplica(facts: Facts, url: string, status: number): string | undefined {
  // The environment itself answers for an internal address that is called from outside.
  const why = outOfReach(facts, url) ?? refusalOf(facts, url, status)?.why;
  return why ?? (status === 403 || status >= 500 ? `HTTP ${status} may be no replica's answer` : undefined);
}

/** As real captures of Container Apps show them: Path=/; HttpOnly; SameSite=None; Secure. */
export function attributes({ cookie, url }: CookieAddress): CheckResult {
  const { domain, path, secure, httpOnly, sameSite } = cookie;
  const shown = [
    domain && `Domain=${domain}`,
    `Path=${path ?? "(none)"}`,
    secure && "Secure",
    httpOnly && "HttpOnly",
    sameSite && `SameSite=${sameSite}`,
  ];
  const found = shown.filter(Boolean).join("; ");
  const wrong = [
    path === "/" ? "" : "it does not cover every path",
    secure || url.startsWith("http:") ? "" : "it may cross the network in clear",
    httpOnly ? "" : "scripts can read it",
    sameSite?.toLowerCase() === "none" && !secure ? "browsers drop SameSite=None without Secure" : "",
  ].filter(Boolean);
  return wrong.length === 0
    ? ok(found)
    : notOk(`${found}: ${wrong.join(", ")}`, "look for a proxy before the app that rewrites Set-Cookie");
}

export function kept({ cookie, answer, url }: CookieAddress): CheckResult {
  const { name, kept: inJar, secure, domain } = cookie;
  if (!inJar && secure && url.startsWith("http:")) {
    return notOk("a Secure cookie is not sent over plain http", `use ${url.replace(/^http:/, "https:")}`);
  }
  if (!inJar) {
    const { hostname } = new URL(url);
    const why = domain === undefined ? "a cookie jar drops it" : `a cookie jar at ${hostname} takes none of ${domain}`;
    return notOk(why, "look for a proxy before the app that passes another host name on, or rewrites Set-Cookie");
  }
  if (answer.second.kind === "silent") return unknown("the second request had no answer", `npx agw probe --url ${url}`);
  if (answer.second.changed.includes(name)) {
    return notOk("the client sent it, and was given another: its replica is not kept", `npx agw probe --url ${url}`);
  }
  return ok("a client with a cookie jar sends it back, and it is honoured");
}
