import type { ProbePhase, ProbeProgress } from "mcp-affinity-probe";
import type { Io } from "../terminal/io.ts";

const phases: Readonly<Record<ProbePhase, string>> = {
  open: "opening sessions",
  hold: "holding streams",
  call: "calling",
  control: "without cookies",
  client: "official client",
  close: "closing sessions",
};

/** On a terminal one line that is written over; elsewhere a line for each phase, so that a CI log stays short. */
export function progressLine(io: Io): { show(progress: ProbeProgress): void; clear(): void } {
  let phase: ProbePhase | undefined;
  return {
    show(progress) {
      // What wraps cannot be written over: cut to the terminal's width, which some terminals give as 0.
      const width = (process.stderr.columns || 80) - 1;
      if (io.interactive) process.stderr.write(`\r\x1b[2K${sentence(progress).slice(0, width)}`);
      else if (progress.phase !== phase) io.err(`${phases[progress.phase]} (${progress.total})`);
      phase = progress.phase;
    },
    clear() {
      if (io.interactive && phase !== undefined) process.stderr.write("\r\x1b[2K");
    },
  };
}

function sentence({ phase, done, total, perSecond, remaining, lost, failed }: ProbeProgress): string {
  const left = remaining === undefined ? "" : `, ${Math.ceil(remaining)} s left`;
  const rate = perSecond > 0 ? `, ${perSecond.toFixed(0)}/s` : "";
  return `${phases[phase]} ${done}/${total}${rate}${left} | ${lost} lost, ${failed} failed`;
}
