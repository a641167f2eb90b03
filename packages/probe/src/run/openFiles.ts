import { readFileSync } from "node:fs";

/** This process's limit of open files; undefined if the system does not show it (only Linux does, in /proc). */
export function openFilesLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
