import { readFileSync } from "node:fs";

/** This process's limit of open files; undefined on systems other than Linux, which have no /proc/self/limits. */
export function openFilesLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
