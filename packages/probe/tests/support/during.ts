import type { OnProgress } from "../../src/index.ts";

/** Runs `action` once, as soon as this many calls of a probe are done. `done` settles with it. */
export function duringCalls(
  calls: number,
  action: () => void | Promise<void>,
): { onProgress: OnProgress; done: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = false;
  const onProgress: OnProgress = ({ phase, done }) => {
    if (begun || phase !== "call" || done < calls) return;
    begun = true;
    resolve((async () => await action())());
  };
  return { onProgress, done: promise };
}
