import { type Check, notOk, ok, unknown } from "./check.ts";
import type { Facts, SeenCookie, UrlLook } from "./facts.ts";

/** The names that Container Apps and App Service give to their affinity cookies. */
const affinityCookies = ["acaAffinity", "ARRAffinity", "ARRAffinitySameSite"];

/** What the gateway's address shows: it answers, and hands out a cookie that clients keep. */
export function urlChecks(facts: Facts): Check[] {
  const { url, answer } = facts;
  const rest = ["cookie issued", "cookie attributes", "cookie kept"];
  if (url === undefined || answer === undefined) {
    if (withoutIngress(facts)) {
      const line = facts.wanted === "none" ? ok : unknown;
      return ["URL answers", ...rest].map((check) => line(check, "none, as the app has no ingress"));
    }
    const found = "no address is known";
    return [unknown("URL answers", found, "npx agw doctor --url URL"), ...rest.map((check) => unknown(check, found))];
  }
  const answers = urlAnswers(facts, url, answer);
  if (answer.kind === "silent") return [answers, ...rest.map((check) => unknown(check, "the URL does not answer"))];
  const cookie = answer.cookies.find(({ name }) => affinityCookies.includes(name)) ?? answer.cookies[0];
  if (cookie === undefined) return [answers, ...withoutCookie(facts, answer.status, rest)];
  return [answers, issued(facts, cookie), attributes(cookie, url), kept(cookie, answer, url)];
}

const withoutIngress = ({ app }: Facts): boolean => app.kind === "seen" && app.value.transport === undefined;

/** Why an app that is well may not answer this look at its own address; undefined where it has to. */
function outOfReach({ app }: Facts, url: string): string | undefined {
  if (app.kind === "unseen" || new URL(url).host !== app.value.fqdn) return undefined;
  if (!app.value.external) return "the address is internal, and has to be looked at from inside its network";
  return app.value.transport === "tcp" ? "its ingress speaks TCP, and this look HTTP" : undefined;
}

function urlAnswers(facts: Facts, url: string, answer: UrlLook): Check {
  const check = "URL answers";
  const curl = `curl --verbose ${new URL("/mcp", url).href}`;
  if (answer.kind === "silent") {
    const why = outOfReach(facts, url);
    if (why !== undefined && !answer.untrusted) return unknown(check, `${url}: ${answer.message}; ${why}`, curl);
    const mend = answer.untrusted ? `npx agw doctor --url ${url} --ca FILE, with the authority that signed it` : curl;
    return notOk(check, `${url}: ${answer.message}`, mend);
  }
  const found = `${url}: HTTP ${answer.status}`;
  const refusal = refusalOf(facts, url, answer.status);
  if (refusal !== undefined) return unknown(check, `${found}; ${refusal.why}`, refusal.more);
  // A gateway refuses a GET without session with 4xx; that is an answer all the same.
  return answer.status >= 500 ? notOk(check, found, curl) : ok(check, found);
}

/** Why the app's ingress itself answered, as it is set to; undefined where nothing says that it did. */
function refusalOf({ app, target }: Facts, url: string, status: number): { why: string; more: string } | undefined {
  if (app.kind === "unseen" || target === undefined || new URL(url).host !== app.value.fqdn) return undefined;
  const which = `--name ${target.name} --resource-group ${target.resourceGroup}`;
  if (/^Stopped/i.test(app.value.runningStatus ?? "")) {
    return { why: "the app is stopped", more: `az containerapp show ${which} --query properties.runningStatus` };
  }
  if (status === 403 && app.value.ipRestrictions > 0) {
    const more = `az containerapp ingress access-restriction list ${which}`;
    return { why: "the app's IP restrictions may refuse this address", more };
  }
  if (status === 403 && app.value.asksForCertificate) {
    const more = `curl --verbose --cert FILE --key FILE ${new URL("/mcp", url).href}`;
    return { why: "the app asks for a client certificate, and this look shows none", more };
  }
  return undefined;
}

/** Whether affinity should show as a cookie; undefined where nobody can say. */
function expected({ wanted, app }: Facts): "sticky" | "none" | undefined {
  return app.kind === "seen" ? app.value.affinity : wanted;
}

function withoutCookie(facts: Facts, status: number, [first = "", ...others]: string[]): Check[] {
  const wanted = expected(facts);
  const why = facts.url === undefined ? undefined : noReplica(facts, facts.url, status);
  if (wanted === "none") return [first, ...others].map((check) => ok(check, "none, as affinity is off"));
  const head =
    wanted === "sticky" && why === undefined
      ? notOk(first, "none, although affinity is on", `npx agw probe --url ${facts.url}`)
      : unknown(
          first,
          `none: ${why ?? "affinity is off, or this is no container app's address"}`,
          `npx agw probe --url ${facts.url}`,
        );
  return [head, ...others.map((check) => unknown(check, "no cookie was issued"))];
}

/** Why no replica may have answered, so that there is none for a cookie to lead to. */
function noReplica(facts: Facts, url: string, status: number): string | undefined {
  // The environment itself answers for an internal address that is called from outside.
  const why = outOfReach(facts, url) ?? refusalOf(facts, url, status)?.why;
  return why ?? (status === 403 || status >= 500 ? `HTTP ${status} may be no replica's answer` : undefined);
}

function issued(facts: Facts, { name }: SeenCookie): Check {
  const check = "cookie issued";
  if (!affinityCookies.includes(name)) {
    return unknown(check, `${name}: not known as an affinity cookie`, `npx agw probe --url ${facts.url}`);
  }
  if (expected(facts) === "none")
    return notOk(check, `${name}, although affinity is off`, `npx agw probe --url ${facts.url}`);
  return ok(check, name);
}

/** As real captures of Container Apps show them: Path=/; HttpOnly; SameSite=None; Secure. */
function attributes(cookie: SeenCookie, url: string): Check {
  const { domain, path, secure, httpOnly, sameSite } = cookie;
  const check = "cookie attributes";
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
    ? ok(check, found)
    : notOk(check, `${found}: ${wrong.join(", ")}`, "look for a proxy before the app that rewrites Set-Cookie");
}

function kept(cookie: SeenCookie, answer: UrlLook & { kind: "answered" }, url: string): Check {
  const { name, kept: inJar, secure, domain } = cookie;
  const check = "cookie kept";
  if (!inJar && secure && url.startsWith("http:")) {
    return notOk(check, "a Secure cookie is not sent over plain http", `use ${url.replace(/^http:/, "https:")}`);
  }
  if (!inJar) {
    const { hostname } = new URL(url);
    const why = domain === undefined ? "a cookie jar drops it" : `a cookie jar at ${hostname} takes none of ${domain}`;
    return notOk(
      check,
      why,
      "look for a proxy before the app that passes another host name on, or rewrites Set-Cookie",
    );
  }
  if (answer.second.kind === "silent")
    return unknown(check, "the second request had no answer", `npx agw probe --url ${url}`);
  if (answer.second.changed.includes(name)) {
    return notOk(
      check,
      "the client sent it, and was given another: its replica is not kept",
      `npx agw probe --url ${url}`,
    );
  }
  return ok(check, "a client with a cookie jar sends it back, and it is honoured");
}
