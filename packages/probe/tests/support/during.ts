import type { OnProgress } from "../../src/index.ts";

/** Runs `action` once, in the middle of a probe: as soon as this many calls are done. Its end, or error, is in `done`. */
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
