import type { Evidence } from "../evidence/evidence.ts";
import { judgeFates } from "./judge.ts";
import { type LuckBasis, luckBasisOf, luckOf, mostLuck, sessionsNeeded } from "./luck.ts";
import type { Words } from "./phrases.ts";
import type { Cause } from "./verdict.ts";

/** All went well, in so few calls that a gateway which does not deserve it may have been lucky: how often, and what is enough. */
export function luckWords(evidence: Evidence): Words {
  const judgement = judgeFates(evidence);
  const basis = luckBasisOf(evidence);
  const chance = luckOf(judgement, basis);
  const needed = sessionsNeeded(judgement, basis);
  const often = chance < 1 ? `once in ${(1 / chance).toFixed(chance < 0.1 ? 0 : 1)} runs` : "in every run";
  return {
    reason: `${said(judgement.cause, evidence, basis)} does as well by luck ${often}; a verdict takes once in ${(1 / mostLuck).toLocaleString("en")} at most.`,
    advice: [
      needed === undefined
        ? "Run again with more sessions, and all calls over new connections: --fresh 100."
        : `Run again with --sessions ${needed} or more, otherwise as before.`,
    ],
  };
}

/** What was seen, and what kind of gateway might have shown it. */
function said(cause: Cause, { main, control }: Evidence, { trials, elsewhere, ...basis }: LuckBasis): string {
  const held = main.held === 1 ? "The one session held" : `All ${main.held} sessions held`;
  switch (cause) {
    case "affinity-holds":
      return `${held}, and without cookies ${control?.lost} of ${control?.sessions} were lost; but only ${times(trials)} a call could have gone elsewhere. A gateway that does not look at cookies`;
    case "resumes-anywhere":
      return `No session was lost, and only ${times(elsewhere)} another replica answered. A gateway that loses every other session that moves`;
    case "stateless":
    case "sessionless":
      return `The gateway gives no session id; but only ${times(trials + basis.control.trials)} a call could have gone elsewhere. A gateway that ties its clients to one replica of two`;
    default:
      return `${held}; but only ${times(trials)} a call could have gone elsewhere. A gateway without affinity`;
  }
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
