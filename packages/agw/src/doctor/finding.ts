/** What one line of the doctor's list says. */
export interface Finding {
  readonly status: "ok" | "not ok" | "unknown";
  /** What was found, in a few words. */
  readonly found: string;
  /** The command that mends it, or that tells more. */
  readonly mend?: string;
}

export const ok = (found: string): Finding => ({ status: "ok", found });
export const notOk = (found: string, mend: string): Finding => ({ status: "not ok", found, mend });
export const unknown = (found: string, mend?: string): Finding => ({
  status: "unknown",
  found,
  ...(mend === undefined ? {} : { mend }),
});
