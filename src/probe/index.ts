export { renderHtml } from "./html.ts";
export { renderJunit } from "./junit.ts";
export type { ClientKind, ProbeOptions, Transport } from "./options.ts";
export { ProbeUsageError, resolveOptions } from "./options.ts";
export type { OnProgress, ProbePhase, ProbeProgress } from "./progress.ts";
export type { ProbeReport } from "./report.ts";
export { runProbe } from "./run.ts";
export { type Emphasis, renderTable } from "./table.ts";
export { type WatchEvent, watchProbe } from "./watch.ts";
