import { counted } from "../judge/phrases.ts";
import type { CookieReport, ProbeReport } from "./report.ts";

/** `50 sessions, up to 5 calls to whoami each`: a lost session gets no more calls, so fewer may be made. */
export function runSize({ run, target }: Pick<ProbeReport, "run" | "target">): string {
  return `${counted(run.sessions, "session")}, up to ${counted(run.calls, "call")} to ${target.call} each`;
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
