import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { writerMark } from "./environmentFile.ts";

/**
 * Shell script that waits for the end of its standard input, which this process holds open and which closes even on
 * SIGKILL. It then removes the `env` file and the replicas' files, which contain secrets. It removes nothing if another
 * local Azure uses the folder by then. The text is constant; folder and process mark are passed as arguments.
 */
const script = `
read -r _
[ ! -e "$1/env" ] || grep -qF "$2" "$1/env" || exit 0
rm -rf "$1/env" "$1/replicas"`;

/** Cleans up after this process if it ends without doing so itself. */
export interface Cleaner {
  /** Stops the cleaner without cleaning up. */
  dismiss(): Promise<void>;
}

/** @param directory absolute folder of the local Azure, in which this process has already written `env` */
export function startCleaner(directory: string): Cleaner {
  // Detached, so that a signal to this process's group or terminal doesn't stop the cleaner.
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
