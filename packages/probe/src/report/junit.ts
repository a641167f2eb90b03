import { verdicts } from "../judge/verdict.ts";
import { escapeHtml as esc } from "./escapeHtml.ts";
import { type ProbeReport, round } from "./report.ts";

/**
 * Renders JUnit XML with one test case for the verdict and, if it is bad, one for each incident; an incident's time is
 * how long its session lived until then. An inconclusive verdict is an error, not a failure, because it says nothing
 * about the gateway. Common JUnit schemas require a host name, and a timestamp without a time zone.
 */
export function renderJunit(report: ProbeReport): string {
  const { verdict, cause, reason, advice, run, incidents, counts, target } = report;
  const tag = verdicts[verdict].junit;
  const [failed, broken] = [tag === "failure", tag === "error"];
  const text = [reason, ...advice.map((line) => `- ${line}`)].join("\n");
  const verdictBody =
    failed || broken ? `\n    <${tag} type="${esc(cause)}" message="${esc(reason)}">${esc(text)}</${tag}>\n  ` : "";
  const listed = failed ? incidents : [];
  const opened = new Map(report.sessions.map(({ session, openedAt }) => [session, openedAt]));
  const cases = listed.map(({ session, id, at, kind, detail }) => {
    const name = `session ${session}${id === null ? "" : ` (${id})`}`;
    const body = `<failure type="${kind}" message="${esc(`${kind}: ${detail}`)}">${esc(`${at} s: ${detail}`)}</failure>`;
    const lived = round(at - (opened.get(session) ?? at));
    return `  <testcase classname="agw.probe.sessions" name="${esc(name)}" time="${lived}">${body}</testcase>`;
  });
  const properties = Object.entries({ url: target.url, verdict, cause, ...scalars(counts) }).map(
    ([name, value]) => `    <property name="${esc(name)}" value="${esc(String(value))}"/>`,
  );
  const failures = (failed ? 1 : 0) + cases.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${1 + cases.length}" failures="${failures}" errors="${broken ? 1 : 0}">`,
    `<testsuite name="agw probe" tests="${1 + cases.length}" failures="${failures}" errors="${broken ? 1 : 0}" skipped="0" time="${run.seconds}" timestamp="${run.startedAt.slice(0, 19)}" hostname="localhost">`,
    "  <properties>",
    ...properties,
    "  </properties>",
    `  <testcase classname="agw.probe" name="${esc(`session affinity: ${target.url}`)}" time="${run.seconds}">${verdictBody}</testcase>`,
    ...cases,
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function scalars(counts: object): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => typeof value === "number"));
}
