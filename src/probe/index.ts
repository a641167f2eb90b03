export type { ProbeOptions } from "./options.ts";
export { ProbeUsageError, resolveOptions } from "./options.ts";
export type { OnProgress, ProbePhase, ProbeProgress } from "./progress.ts";
export type { ProbeReport } from "./report.ts";
export { runProbe } from "./run.ts";
export { renderTable } from "./table.ts";
