import { type Address, type AnsweringAddress, affinityCookies } from "./checkNeeds.ts";
import { type CheckResult, notOk, ok, unknown } from "./checkResult.ts";
import type { Facts, SeenCookie } from "./facts.ts";
import { curlWithCertificate, expected, outOfReach, refusalOf } from "./reach.ts";

type CookieAddress = AnsweringAddress & { readonly cookie: SeenCookie };

export function urlAnswers({ url, answer }: Address, facts: Facts): CheckResult {
  const curl = `curl --verbose ${new URL("/mcp", url).href}`;
  if (answer.kind === "silent") {
    if (answer.wantsCertificate) return unknown(`${url}: ${answer.message}`, curlWithCertificate(url));
    const why = outOfReach(facts, url);
    if (why !== undefined && !answer.untrusted) return unknown(`${url}: ${answer.message}; ${why}`, curl);
    const fix = answer.untrusted
      ? `npx agw doctor --url ${url} --ca FILE, with the CA that signed the certificate`
      : curl;
    return notOk(`${url}: ${answer.message}`, fix);
  }
  const found = `${url}: HTTP ${answer.status}`;
  const refusal = refusalOf(facts, url, answer.status);
  if (refusal !== undefined) return unknown(`${found}; ${refusal.why}`, refusal.command);
  // 4xx is ok: a gateway rejects a GET without a session.
  return answer.status >= 500 ? notOk(found, curl) : ok(found);
}

export function issued({ answer, cookie }: AnsweringAddress, facts: Facts): CheckResult {
  if (cookie === undefined) return withoutCookie(facts, answer.status);
  const { name } = cookie;
  if (!affinityCookies.includes(name)) {
    return unknown(`${name} is not a known affinity cookie`, `npx agw probe --url ${facts.url}`);
  }
  if (expected(facts) === "none") return notOk(`${name}, although affinity is off`, `npx agw probe --url ${facts.url}`);
  return ok(name);
}

function withoutCookie(facts: Facts, status: number): CheckResult {
  const wanted = expected(facts);
  if (wanted === "none") return ok("none; affinity is off");
  const why = facts.url === undefined ? undefined : noReplica(facts, facts.url, status);
  const probe = `npx agw probe --url ${facts.url}`;
  if (wanted === "sticky" && why === undefined) return notOk("none, although affinity is on", probe);
  return unknown(`none: ${why ?? "affinity is off, or this is not the address of a container app"}`, probe);
}

/** Returns why something other than a replica may have answered. Only an answer from a replica must carry the cookie. */
function noReplica(facts: Facts, url: string, status: number): string | undefined {
  // If an internal address is called from outside, the environment answers.
  const why = outOfReach(facts, url) ?? refusalOf(facts, url, status)?.why;
  if (why !== undefined) return why;
  if (status === 401 || (status >= 300 && status < 400))
    return `HTTP ${status} may come from a sign-in in front of the replicas`;
  return status === 403 || status >= 500 ? `HTTP ${status} may come from the ingress, not from a replica` : undefined;
}

/** Real Container Apps, as captured, set Path=/; HttpOnly; SameSite=None; Secure. */
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
    path === "/" ? "" : "does not cover every path",
    secure || url.startsWith("http:") ? "" : "can be sent unencrypted",
    httpOnly ? "" : "readable by scripts",
    sameSite?.toLowerCase() === "none" && !secure ? "browsers drop SameSite=None without Secure" : "",
  ].filter(Boolean);
  return wrong.length === 0
    ? ok(found)
    : notOk(`${found}: ${wrong.join(", ")}`, "look for a proxy in front of the app that rewrites Set-Cookie");
}

export function kept({ cookie, answer, url }: CookieAddress): CheckResult {
  const { name, kept: inJar, secure, domain } = cookie;
  if (!inJar && secure && url.startsWith("http:")) {
    return notOk("clients don't send a Secure cookie over plain http", `use ${url.replace(/^http:/, "https:")}`);
  }
  if (!inJar) {
    const { hostname } = new URL(url);
    const why =
      domain === undefined ? "cookie jars reject it" : `cookie jars reject a cookie for ${domain} from ${hostname}`;
    return notOk(why, "look for a proxy in front of the app that changes the host name or rewrites Set-Cookie");
  }
  if (answer.second.kind === "silent")
    return unknown("the second request was not answered", `npx agw probe --url ${url}`);
  if (answer.second.changed.includes(name)) {
    return notOk(
      "the client sent it, but the gateway replaced it, so the client changes replicas",
      `npx agw probe --url ${url}`,
    );
  }
  return ok("a client with a cookie jar sends it back, and the gateway accepts it");
}
