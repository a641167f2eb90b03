import {
  affinity,
  exists,
  lastRevision,
  replicas,
  revisionMode,
  signedIn,
  subscription,
  transport,
} from "./azureChecks.ts";
import {
  aCookie,
  aNamedApp,
  anAddress,
  anAnsweringAddress,
  aSeenApp,
  aStackWithoutApp,
  type Need,
} from "./checkNeeds.ts";
import type { CheckResult } from "./checkResult.ts";
import type { Facts } from "./facts.ts";
import { attributes, issued, kept, urlAnswers } from "./urlChecks.ts";

/** One line of the doctor's output. */
export interface Check extends CheckResult {
  /** Stable, even if the name changes. */
  readonly id: CheckId;
  /** Name of the check. */
  readonly check: string;
}

/** All checks: id, name, what it needs, and how it decides. Each comes after the checks that it depends on. */
const lines = [
  line("stack", "stack", aStackWithoutApp, (why) => ({ status: "unknown", ...why })),
  line("signed-in", "signed in", aNamedApp, signedIn),
  line("subscription", "subscription", aNamedApp, subscription),
  line("app-exists", "app exists", aNamedApp, exists),
  line("revision-mode", "revision mode", aSeenApp, revisionMode),
  line("transport", "transport", aSeenApp, transport),
  line("affinity", "affinity", aSeenApp, affinity),
  line("replicas", "replicas", aSeenApp, replicas),
  line("last-revision", "last revision", aSeenApp, lastRevision),
  line("url-answers", "URL answers", anAddress, urlAnswers),
  line("cookie-issued", "cookie issued", anAnsweringAddress, issued),
  line("cookie-attributes", "cookie attributes", aCookie, attributes),
  line("cookie-kept", "cookie kept", aCookie, kept),
] as const;

export type CheckId = (typeof lines)[number]["id"];

/** Runs all checks. Without an app, only those of the URL. */
export function diagnose(facts: Facts): Check[] {
  return lines.flatMap(({ id, check, look }) => {
    const finding = look(facts);
    return finding === undefined ? [] : [{ id, check, ...finding }];
  });
}

function line<const Id extends string, Needed>(
  id: Id,
  check: string,
  need: Need<Needed>,
  decide: (needed: Needed, facts: Facts) => CheckResult,
) {
  const look = (facts: Facts): CheckResult | undefined => {
    const found = need(facts);
    return found.kind === "there" ? decide(found.value, facts) : found.instead;
  };
  return { id, check, look };
}
