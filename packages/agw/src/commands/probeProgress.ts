import type { ProbePhase, ProbeProgress } from "mcp-affinity-probe";
import type { Io } from "../terminal/io.ts";

/** What the probe does in each phase, as the progress line says it. */
export const phaseNames: Readonly<Record<ProbePhase, string>> = {
  open: "opening sessions",
  hold: "opening GET streams",
  call: "making calls",
  control: "running the control group",
  client: "running the official client",
  close: "closing sessions",
};

/** Shows progress: on a terminal in one line that is overwritten, else in one line per phase to keep CI logs short. */
export function progressLine(io: Io): { show(progress: ProbeProgress): void; clear(): void } {
  let phase: ProbePhase | undefined;
  return {
    show(progress) {
      // A line that wraps can't be overwritten, so it is cut to the terminal's width, which some terminals report as 0.
      const width = (process.stderr.columns || 80) - 1;
      if (io.interactive) process.stderr.write(`\r\x1b[2K${sentence(progress).slice(0, width)}`);
      else if (progress.phase !== phase) io.err(`${phaseNames[progress.phase]} (${progress.total})`);
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
  return `${phaseNames[phase]} ${done}/${total}${rate}${left} | ${lost} lost, ${failed} failed`;
}
