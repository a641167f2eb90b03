import { fileURLToPath } from "node:url";
import { shortened } from "../packages/probe/src/evidence/history.ts";
import { startTestApp, type TestApp } from "../tests/support/mcp/testApp.ts";
import type { Bench, BenchRow, BenchTable } from "./bench.ts";
import type { DriverOrder, DriverResult } from "./support/probeDriver.ts";
import { Processes } from "./support/processes.ts";

const calls = 5;
/** Sessions in the comparison. The official client keeps one stream open for each. */
const compared = 1_000;
/** Sessions in the scale run: AGW_BENCH_SESSIONS, default 10,000. */
const many = Number(process.env.AGW_BENCH_SESSIONS ?? 10_000);

/** The requirements: the driver's peak memory in MB, and its sessions per CPU second relative to the SDK client. */
const mostMemory = 400;
const leastRatio = 3;

/** Measures what MCP sessions cost in one driver process, with the local Azure's ingress and real replica processes. */
export const bench: Bench = {
  async run(progress) {
    return [await comparison(progress), await scale(progress)];
  },
};

async function drive(
  app: TestApp,
  order: Pick<DriverOrder, "driver" | "sessions" | "forget" | "fresh">,
): Promise<DriverResult> {
  using processes = new Processes();
  const whole: DriverOrder = { url: app.url, ca: app.ca, calls, ...order };
  return (await processes.start<DriverResult>("probeDriver.ts", whole)).answer;
}

const subjects = {
  sdk: { title: "official SDK client", order: { driver: "sdk" } },
  lean: { title: "agw probe (lean driver)", order: { driver: "lean" } },
  kept: { title: "agw probe --fresh 0", order: { driver: "lean", fresh: 0 } },
} as const satisfies Record<string, { title: string; order: Pick<DriverOrder, "driver" | "fresh"> }>;

async function comparison(progress: (line: string) => void): Promise<BenchTable> {
  await using app = await startTestApp({ replicas: 4 });
  const results: Record<keyof typeof subjects, DriverResult[]> = { sdk: [], lean: [], kept: [] };
  const names = ["sdk", "lean", "kept"] as const;
  // Runs each driver once before, so that none is measured with the replicas' first requests.
  for (const name of names) await drive(app, { ...subjects[name].order, sessions: 50 });
  // In alternation, so that other work on the machine affects all drivers.
  for (const name of [...names, ...names]) {
    progress(`${compared} sessions x ${calls} calls: ${subjects[name].title}`);
    results[name].push(await drive(app, { ...subjects[name].order, sessions: compared }));
  }
  const rows = names.map((name): BenchRow => {
    return { subject: subjects[name].title, values: values(mean(results[name]), compared) };
  });
  const ratio = (name: "lean" | "kept"): number => mean(results.sdk).cpu / mean(results[name]).cpu;
  const aim = ratio("lean") >= leastRatio ? "reached" : "missed";
  return {
    title: `Drivers with ${compared} MCP sessions x ${calls} calls, 4 replicas behind the local ingress (https)`,
    columns,
    rows,
    baseline: subjects.sdk.title,
    notes: [
      "Each session has its own cookie jar. 32 exchanges are in flight at a time. Values are the mean of two runs.",
      "The SDK client opens one TLS connection per session for its GET stream, and reuses a few for its calls. The probe with --fresh 0 opens as many, to open the sessions. By default, the probe also makes a fifth of its calls over new connections.",
      "Sessions and calls per second are limited by the replicas and the ingress, which share the cores. CPU is the driver's only.",
      `Aim: ${leastRatio} times the SDK client's sessions per CPU second, even with the new connections: ${ratio("lean").toFixed(2)}, ${aim}.`,
    ],
    claims: [
      {
        holds: ratio("kept") >= leastRatio,
        text: `with the same number of connections, at least ${leastRatio} times the SDK client's sessions per CPU second: ${ratio("kept").toFixed(2)}`,
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
        text: `the session that its replica ended, ${shortened(one.forgotten)}, is the one reported as lost: ${one.named.join()}`,
      },
      ...[all, one].map(({ memory }) => {
        return {
          holds: memory < mostMemory,
          text: `the driver uses less than ${mostMemory} MB: ${memory.toFixed(0)} MB`,
        };
      }),
    ],
  };
}

const columns = {
  "sessions/s": "",
  "calls/s": "",
  "sessions per CPU second": "",
  "driver CPU": "s",
  "driver peak memory": "MB",
};

type Cost = Pick<DriverResult, "sessionsPerSecond" | "callsPerSecond" | "cpu" | "memory">;

function values({ sessionsPerSecond, callsPerSecond, cpu, memory }: Cost, sessions: number): BenchRow["values"] {
  return {
    "sessions/s": sessionsPerSecond,
    "calls/s": callsPerSecond,
    "sessions per CPU second": sessions / cpu,
    "driver CPU": cpu,
    "driver peak memory": memory,
  };
}
