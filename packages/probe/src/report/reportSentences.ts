import type { CookieReport, ProbeReport } from "./report.ts";

/** `50 sessions, up to 5 calls to whoami each`: a lost session gets no more calls, so fewer may be made. */
export function runSize({ run, target }: Pick<ProbeReport, "run" | "target">): string {
  const sessions = `${run.sessions} session${run.sessions === 1 ? "" : "s"}`;
  return `${sessions}, up to ${run.calls} call${run.calls === 1 ? "" : "s"} to ${target.call} each`;
}

const roles: Readonly<Record<CookieReport["role"], string>> = {
  "per replica": "one value per replica",
  "per session": "one value per session",
  constant: "same value in every session",
  other: "not used for affinity",
};

/** `acaAffinity: one value per replica (Path=/; Secure)` */
export function cookieSentence({ name, role, attributes }: CookieReport): string {
  return `${name}: ${roles[role]}${attributes.length === 0 ? "" : ` (${attributes.join("; ")})`}`;
}
