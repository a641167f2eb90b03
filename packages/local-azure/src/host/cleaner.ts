import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { writerMark } from "./environmentFile.ts";

/**
 * Waits for the end of its standard input, which this process holds open and even SIGKILL closes. Then the file is removed
 * that aims shells at an Azure that is gone, and the replicas' files, which hold secrets; nothing, where another one has
 * taken the folder over by then. The text is constant; folder and process id come as arguments.
 */
const script = `
read -r _
[ ! -e "$1/env" ] || grep -qF "$2" "$1/env" || exit 0
rm -rf "$1/env" "$1/replicas"`;

/** Tidies up after this process where it cannot do so itself any more. */
export interface Cleaner {
  /** Ends it, having done nothing. */
  dismiss(): Promise<void>;
}

/** @param directory of the local Azure, absolute, with its file already written by this process */
export function startCleaner(directory: string): Cleaner {
  // A session of its own: what ends this process' group or terminal must not end the one that tidies up after it.
  const child = spawn("/bin/sh", ["-c", script, "cleaner", directory, writerMark(process.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const ended = once(child, "exit").catch(() => {});
  child.on("error", () => {});
  child.stdin?.on("error", () => {});
  child.unref();
  (child.stdin as Socket | null)?.unref();
  return {
    async dismiss() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.kill("SIGKILL");
      await ended;
    },
  };
}
