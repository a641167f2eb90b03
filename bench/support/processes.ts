import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LoadOrder, LoadResult } from "./load.ts";

const compileCache = fileURLToPath(new URL("../../node_modules/.cache/compiled", import.meta.url));

/** The processes of one benchmark. Disposing it ends all of them. */
export class Processes implements Disposable {
  readonly #children: ChildProcess[] = [];

  /** Starts a module from this folder, sends it the message, if any, and resolves to its first answer. */
  async start<T>(module: string, message?: object): Promise<{ readonly pid: number; readonly answer: T }> {
    const child = fork(fileURLToPath(new URL(module, import.meta.url)), {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // With a compile cache, as for `agw` and the replicas.
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    });
    this.#children.push(child);
    const answered = once(child, "message") as Promise<[T]>;
    if (message !== undefined) child.send(message);
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`${module} ended: ${code}`)));
    const [answer] = await Promise.race([answered, ended]);
    ended.catch(() => {});
    return { pid: child.pid as number, answer };
  }

  keep(child: ChildProcess): void {
    this.#children.push(child);
  }

  async load(order: LoadOrder): Promise<LoadResult> {
    const { answer } = await this.start<LoadResult>("load.ts", order);
    if (order.kind !== "hold") this.#children.pop()?.kill();
    return answer;
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}

/** Returns the CPU time of a process so far, user and system, in microseconds. @throws if the system has no /proc */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // utime and stime, in units of 10 ms: Linux reports 100 ticks per second to programs.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Memory of a process, in MB. */
export interface Memory {
  /** All resident memory, including the pages of the Node binary, which all Node processes share. */
  readonly resident: number;
  /** Resident memory that only this process has: heap, stacks and buffers (proc(5), RssAnon). */
  readonly own: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { resident: megabytes("VmRSS"), own: megabytes("RssAnon") };
}
