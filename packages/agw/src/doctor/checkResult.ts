/** The result of one check. */
export interface CheckResult {
  readonly status: "ok" | "not ok" | "unknown";
  /** What was found, in a few words. */
  readonly found: string;
  /** The command that fixes it or shows more. */
  readonly fix?: string;
}

export const ok = (found: string): CheckResult => ({ status: "ok", found });
export const notOk = (found: string, fix: string): CheckResult => ({ status: "not ok", found, fix });
export const unknown = (found: string, fix?: string): CheckResult => ({
  status: "unknown",
  found,
  ...(fix === undefined ? {} : { fix }),
});

/** Commands that only show something. */
const shows = /^(curl|npx agw (doctor|probe)|az( [a-z][a-z-]*)* (show|list)|look for) /;

/** Returns what to call a command of a check: one that changes something is a `fix`, any other a `check`. */
export const labelOf = (command: string): "fix" | "check" => (shows.test(command) ? "check" : "fix");
