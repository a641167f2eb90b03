/** One line of the doctor's list. */
export interface Check {
  readonly check: string;
  readonly status: "ok" | "not ok" | "unknown";
  /** What was found, in a few words. */
  readonly found: string;
  /** The command that mends it, or that tells more. */
  readonly mend?: string;
}

export const ok = (check: string, found: string): Check => ({ check, status: "ok", found });
export const notOk = (check: string, found: string, mend: string): Check => ({ check, status: "not ok", found, mend });
export const unknown = (check: string, found: string, mend?: string): Check => ({
  check,
  status: "unknown",
  found,
  ...(mend === undefined ? {} : { mend }),
});
