import { fileURLToPath } from "node:url";
import { shortened } from "../src/probe/history.ts";
import { startTestApp, type TestApp } from "../tests/support/testApp.ts";
import type { Bench, BenchRow, BenchTable } from "./bench.ts";
import type { DriverOrder, DriverResult } from "./support/probeDriver.ts";
import { Processes } from "./support/processes.ts";

const calls = 5;
/** Sessions of the comparison; the official client holds a stream for each. */
const compared = 1_000;
/** AGW_BENCH_SESSIONS: sessions of the scale run; default 10,000. */
const many = Number(process.env.AGW_BENCH_SESSIONS ?? 10_000);

/** What is claimed: the driver's greatest memory, MB, and its sessions a CPU second as a multiple of the SDK client's. */
const mostMemory = 400;
const leastRatio = 3;

/** What one driver process costs for so many MCP sessions, against the local Azure's ingress and real replica processes. */
export const bench: Bench = {
  async run(progress) {
    return [await comparison(progress), await scale(progress)];
  },
};

async function drive(app: TestApp, order: Pick<DriverOrder, "driver" | "sessions" | "forget">): Promise<DriverResult> {
  using processes = new Processes();
  const whole: DriverOrder = { url: app.url, ca: app.ca, calls, ...order };
  return (await processes.start<DriverResult>("probeDriver.ts", whole)).answer;
}

async function comparison(progress: (line: string) => void): Promise<BenchTable> {
  await using app = await startTestApp({ replicas: 4 });
  const drivers = { sdk: "official SDK client", lean: "agw probe (lean driver)" } as const;
  const results: Record<keyof typeof drivers, DriverResult[]> = { sdk: [], lean: [] };
  // Each once before, so that neither pays for the replicas' first requests.
  for (const driver of ["sdk", "lean"] as const) await drive(app, { driver, sessions: 50 });
  // By turns, so that what else the machine does meets both.
  for (const driver of ["sdk", "lean", "sdk", "lean"] as const) {
    progress(`${compared} sessions x ${calls} calls by ${driver}`);
    results[driver].push(await drive(app, { driver, sessions: compared }));
  }
  const rows = (["sdk", "lean"] as const).map((driver): BenchRow => {
    return { subject: drivers[driver], values: values(mean(results[driver]), compared) };
  });
  const ratio = mean(results.sdk).cpu / mean(results.lean).cpu;
  return {
    title: `Driver of ${compared} MCP sessions x ${calls} calls, 4 replicas behind the local ingress (https)`,
    columns,
    rows,
    baseline: drivers.sdk,
    notes: [
      "Each session is opened, called and closed with a cookie jar of its own, 32 exchanges in flight; the mean of two runs each.",
      "The probe opens each session, and makes a fifth of its calls, over a new TLS connection; the SDK client reuses connections, and holds a GET stream a session.",
      "Sessions and calls a second are bound by the replicas and the ingress, which share these cores; CPU is the driver's own.",
    ],
    claims: [
      {
        holds: ratio >= leastRatio,
        text: `at least ${leastRatio} times the SDK client's sessions a CPU second: ${ratio.toFixed(2)}`,
      },
    ],
  };
}

function mean(results: readonly DriverResult[]): Cost {
  const of = (key: keyof Cost): number => results.reduce((sum, result) => sum + result[key], 0) / results.length;
  const speeds = { sessionsPerSecond: of("sessionsPerSecond"), callsPerSecond: of("callsPerSecond") };
  return { ...speeds, cpu: of("cpu"), memory: of("memory") };
}

async function scale(progress: (line: string) => void): Promise<BenchTable> {
  const command = `'${process.execPath}' '${fileURLToPath(new URL("support/forgetfulReplica.ts", import.meta.url))}' {port}`;
  await using app = await startTestApp({ replicas: 10, plane: { replicaCommand: command } });
  progress(`${many} sessions x ${calls} calls over 10 replicas`);
  const all = await drive(app, { driver: "lean", sessions: many });
  progress(`${many} sessions x ${calls} calls over 10 replicas, one of which ends a session`);
  const one = await drive(app, { driver: "lean", sessions: many, forget: true });
  const count = many.toLocaleString("en");
  const row = (subject: string, result: DriverResult): BenchRow => {
    return { subject, values: { ...values(result, many), lost: result.lost } };
  };
  const found = one.lost === 1 && one.named.length === 1 && one.named[0] === shortened(one.forgotten);
  return {
    title: `agw probe: ${count} sessions over 10 replicas`,
    columns: { ...columns, lost: "" },
    rows: [row("none lost", all), row("one session ended by its replica", one)],
    baseline: "",
    notes: [],
    claims: [
      {
        holds: all.held === many && all.lost === 0,
        text: `${all.held.toLocaleString("en")} of ${count} held, ${all.lost} lost`,
      },
      {
        holds: found,
        text: `the one that its replica ended, ${shortened(one.forgotten)}, is named: ${one.named.join()}`,
      },
      ...[all, one].map(({ memory }) => {
        return { holds: memory < mostMemory, text: `the driver stays below ${mostMemory} MB: ${memory.toFixed(0)} MB` };
      }),
    ],
  };
}

const columns = {
  "sessions/s": "",
  "calls/s": "",
  "sessions a CPU second": "",
  "driver CPU": "s",
  "driver memory, greatest": "MB",
};

type Cost = Pick<DriverResult, "sessionsPerSecond" | "callsPerSecond" | "cpu" | "memory">;

function values({ sessionsPerSecond, callsPerSecond, cpu, memory }: Cost, sessions: number): BenchRow["values"] {
  return {
    "sessions/s": sessionsPerSecond,
    "calls/s": callsPerSecond,
    "sessions a CPU second": sessions / cpu,
    "driver CPU": cpu,
    "driver memory, greatest": memory,
  };
}
