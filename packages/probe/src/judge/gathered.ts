import type { Preflight } from "../drivers/preflight.ts";
import { CookiesSeen } from "../evidence/cookiesSeen.ts";
import type { History } from "../evidence/history.ts";
import type { ProbeSettings } from "../options.ts";
import type { OfficialClientReport } from "../report/report.ts";
import type { StreamTally } from "./verdict.ts";

/** What a run gathers; `summarize` makes the report of it. */
export interface Gathered {
  readonly settings: ProbeSettings;
  readonly startedAt: Date;
  seconds: number;
  interrupted: boolean;
  preflight: Preflight;
  main: readonly History[];
  control: readonly History[] | undefined;
  /** Undefined where no streams were asked for. */
  streams: StreamTally | undefined;
  official: OfficialClientReport | undefined;
  readonly cookies: CookiesSeen;
}

export function newGathered(settings: ProbeSettings): Gathered {
  return {
    settings,
    startedAt: new Date(),
    seconds: 0,
    interrupted: false,
    preflight: { kind: "failed", reason: "broken", detail: "interrupted" },
    main: [],
    control: undefined,
    streams: undefined,
    official: undefined,
    cookies: new CookiesSeen(),
  };
}
