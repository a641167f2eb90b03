import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";

/**
 * Waits for the end of its standard input, which this process holds open and even SIGKILL closes. Then the file is removed
 * that aims shells at an Azure that is gone (where it is not yet another one's), and the replicas' files, which hold
 * secrets. The text is constant; folder and address come as arguments.
 */
const script = `
read -r _
grep -qF "'$2'" "$1/env" 2>/dev/null && rm -f "$1/env"
rm -rf "$1/replicas"`;

/** Tidies up after this process where it cannot do so itself any more. */
export interface Cleaner {
  /** Ends it, having done nothing. */
  dismiss(): Promise<void>;
}

/**
 * @param directory of the local Azure, absolute
 * @param host of the control plane, for example `127.0.0.1:40123`
 */
export function startCleaner(directory: string, host: string): Cleaner {
  // A session of its own: what ends this process' group or terminal must not end the one that tidies up after it.
  const child = spawn("/bin/sh", ["-c", script, "cleaner", directory, host], {
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
