/** What one line of the doctor's list says. */
export interface CheckResult {
  readonly status: "ok" | "not ok" | "unknown";
  /** What was found, in a few words. */
  readonly found: string;
  /** The command that mends it, or that tells more. */
  readonly mend?: string;
}

export const ok = (found: string): CheckResult => ({ status: "ok", found });
export const notOk = (found: string, mend: string): CheckResult => ({ status: "not ok", found, mend });
export const unknown = (found: string, mend?: string): CheckResult => ({
  status: "unknown",
  found,
  ...(mend === undefined ? {} : { mend }),
});
