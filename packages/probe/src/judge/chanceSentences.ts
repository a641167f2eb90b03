import type { Evidence } from "../evidence/evidence.ts";
import { type ChanceBasis, chanceBasisOf, chanceOf, maxChance, sessionsNeeded } from "./chance.ts";
import { judgeFates } from "./judge.ts";
import { counted, phrasesOf, type Sentences, wereLost } from "./phrases.ts";
import type { Cause } from "./verdict.ts";

/** Says how often a bad gateway would have passed by chance, because there were too few calls, and how many sessions would be enough. */
export function chanceSentences(evidence: Evidence): Sentences {
  const judgement = judgeFates(evidence);
  const basis = chanceBasisOf(evidence);
  const chance = chanceOf(judgement, basis);
  const needed = sessionsNeeded(judgement, basis);
  const often = chance < 1 ? `by chance once in ${inWords(1 / chance)} runs` : "in every run";
  return {
    reason: `${seen(judgement.cause, evidence, basis)} would give the same result ${often}. For a verdict, that must happen no more than once in ${inWords(1 / maxChance)} runs.`,
    advice: [
      needed === undefined
        ? "Run again with more sessions and every call on a new connection (--fresh 100); with --watch, watch longer."
        : `Run again with the same options and --sessions ${needed} or more.`,
    ],
  };
}

/** What was seen, and which bad gateway could have shown the same. */
function seen(cause: Cause, evidence: Evidence, { trials, elsewhere, control }: ChanceBasis): string {
  const { held } = phrasesOf(evidence);
  switch (cause) {
    case "affinity-holds":
      return `${held}, and without cookies ${wereLost(control)}, but only ${couldMove(trials)}. A gateway that ignores cookies`;
    case "resumes-anywhere":
      return `No session was lost, but only ${counted(elsewhere, "call")} reached another replica. A gateway that loses the session on half of these calls`;
    case "stateless":
    case "sessionless":
      return `The gateway issues no session ID, but only ${couldMove(trials + control.trials)}. A gateway that ties each client to one of two replicas`;
    default:
      return `${held}, but only ${couldMove(trials)}. A gateway without affinity`;
  }
}

const couldMove = (calls: number): string => `${counted(calls, "call")} could have reached another replica`;

/** `3`, `2.5`, `252`, `1,000` */
const inWords = (runs: number): string => runs.toLocaleString("en", { maximumFractionDigits: runs > 10 ? 0 : 1 });
