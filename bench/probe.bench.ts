import { startTestApp, type TestApp } from "../tests/support/testApp.ts";
import type { Bench, BenchRow, BenchTable } from "./bench.ts";
import type { DriverOrder, DriverResult } from "./support/probeDriver.ts";
import { Processes } from "./support/processes.ts";

const calls = 5;
/** Sessions of the comparison; the official client holds a stream for each. */
const compared = 600;
/** AGW_BENCH_SESSIONS: sessions of the scale run; default 10,000. */
const many = Number(process.env.AGW_BENCH_SESSIONS ?? 10_000);

/** What one driver process costs for so many MCP sessions, against the local Azure's ingress and real replica processes. */
export const bench: Bench = {
  async run(progress) {
    return [await comparison(progress), await scale(progress)];
  },
};

async function drive(app: TestApp, driver: DriverOrder["driver"], sessions: number): Promise<DriverResult> {
  using processes = new Processes();
  const order: DriverOrder = { driver, url: app.url, ca: app.ca, sessions, calls };
  return (await processes.start<DriverResult>("probeDriver.ts", order)).answer;
}

async function comparison(progress: (line: string) => void): Promise<BenchTable> {
  await using app = await startTestApp({ replicas: 4 });
  const rows: BenchRow[] = [];
  // Each once before, so that neither pays for the replicas' first requests.
  for (const driver of ["sdk", "lean"] as const) await drive(app, driver, 50);
  for (const driver of ["sdk", "lean"] as const) {
    progress(`${compared} sessions x ${calls} calls by ${driver}`);
    const result = await drive(app, driver, compared);
    const subject = driver === "sdk" ? "official SDK client" : "agw probe (lean driver)";
    rows.push({ subject, values: values(result, compared) });
  }
  return {
    title: `Driver of ${compared} MCP sessions x ${calls} calls, 4 replicas behind the local ingress (https)`,
    columns,
    rows,
    baseline: "official SDK client",
    notes: [
      "Each session is opened, called and closed with a cookie jar of its own, 32 exchanges in flight.",
      "The probe opens each session, and makes a fifth of its calls, over a new TLS connection; the SDK client reuses connections, and holds a GET stream a session.",
      "Sessions and calls a second are bound by the replicas and the ingress, which share these cores; CPU is the driver's own.",
    ],
  };
}

async function scale(progress: (line: string) => void): Promise<BenchTable> {
  await using app = await startTestApp({ replicas: 10 });
  progress(`${many} sessions x ${calls} calls over 10 replicas`);
  const result = await drive(app, "lean", many);
  return {
    title: `agw probe: ${many.toLocaleString("en")} sessions over 10 replicas`,
    columns: { ...columns, lost: "" },
    rows: [{ subject: "agw probe (lean driver)", values: { ...values(result, many), lost: result.lost } }],
    baseline: "",
    notes: [`${result.held.toLocaleString("en")} of ${many.toLocaleString("en")} sessions held, ${result.lost} lost.`],
  };
}

const columns = {
  "sessions/s": "",
  "calls/s": "",
  "sessions a CPU second": "",
  "driver CPU": "s",
  "driver memory, greatest": "MB",
};

function values(
  { sessionsPerSecond, callsPerSecond, cpu, memory }: DriverResult,
  sessions: number,
): BenchRow["values"] {
  return {
    "sessions/s": sessionsPerSecond,
    "calls/s": callsPerSecond,
    "sessions a CPU second": sessions / cpu,
    "driver CPU": cpu,
    "driver memory, greatest": memory,
  };
}
