import type { OfficialClientReport } from "../drivers/officialClient.ts";
import type { Preflight } from "../drivers/preflight.ts";
import type { ProbeSettings } from "../options/options.ts";
import { CookiesSeen } from "./cookiesSeen.ts";
import type { History } from "./history.ts";
import type { StreamTally } from "./tally.ts";

/** What a run records. `summarize` turns it into the report. */
export interface RunRecord {
  readonly settings: ProbeSettings;
  readonly startedAt: Date;
  seconds: number;
  interrupted: boolean;
  preflight: Preflight;
  main: readonly History[];
  control: readonly History[] | undefined;
  /** The held GET streams; undefined without `hold`. */
  streams: StreamTally | undefined;
  official: OfficialClientReport | undefined;
  readonly cookies: CookiesSeen;
}

export function newRunRecord(settings: ProbeSettings): RunRecord {
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
