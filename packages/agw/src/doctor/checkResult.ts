/** The result of one check. */
export interface CheckResult {
  readonly status: "ok" | "not ok" | "unknown";
  /** What was found, in a few words. */
  readonly found: string;
  /** The command that fixes it or shows more. */
  readonly try?: string;
}

export const ok = (found: string): CheckResult => ({ status: "ok", found });
export const notOk = (found: string, command: string): CheckResult => ({
  status: "not ok",
  found,
  try: command,
});
export const unknown = (found: string, command?: string): CheckResult => ({
  status: "unknown",
  found,
  ...(command === undefined ? {} : { try: command }),
});
