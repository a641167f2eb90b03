import { createTestCertificate } from "../tests/support/mcp/testAuthority.ts";
import type { Bench, BenchRow, BenchTable } from "./bench.ts";
import type { IngressOrder } from "./support/ingressProcess.ts";
import { peers, startPeer } from "./support/peers.ts";
import { cpuOf, memoryOf, Processes } from "./support/processes.ts";

/** Something that serves requests: its addresses, and the process to measure. */
interface Subject {
  readonly name: string;
  readonly origins: readonly string[];
  readonly pid: number | undefined;
}

const replicas = 4;
const rounds = 3;

export const bench: Bench = {
  async run(progress) {
    await using certificate = await createTestCertificate();
    const { tls } = certificate;
    return [
      await withSubjects(tls, "upstream.ts", progress, (processes, subjects, notes) =>
        floods(processes, subjects, notes, {
          title: "Ingress over four trivial upstreams",
          requests: 15_000,
          perSecond: 500,
          mcp: false,
        }),
      ),
      await withSubjects(tls, "mcpReplica.ts", progress, (processes, subjects, notes) =>
        floods(processes, subjects, notes, {
          title: "MCP calls over four replicas",
          requests: 3_000,
          perSecond: 100,
          mcp: true,
        }),
      ),
      await held(tls, progress),
    ];
  },
};

/** Runs `measure` with the upstreams alone, and with the ingress and each installed peer in front of them. */
async function withSubjects(
  tls: IngressOrder["tls"],
  upstream: string,
  progress: (line: string) => void,
  measure: (processes: Processes, subjects: readonly Subject[], notes: string[]) => Promise<BenchTable>,
): Promise<BenchTable> {
  using processes = new Processes();
  const notes: string[] = [];
  const ports: number[] = [];
  for (let n = 0; n < replicas; n++) ports.push((await processes.start<number>(upstream)).answer);
  const subjects: Subject[] = [
    { name: "direct", origins: ports.map((port) => `http://127.0.0.1:${port}`), pid: undefined },
  ];
  const { pid, answer } = await processes.start<number>("ingressProcess.ts", { ports, tls });
  subjects.push({ name: "this ingress, http", origins: [`http://127.0.0.1:${answer}`], pid });
  subjects.push({ name: "this ingress, https", origins: [`https://127.0.0.1:${answer}`], pid });
  for (const peer of peers) {
    const started = await startPeer(peer, ports);
    if (started === undefined) {
      notes.push(peer.missing);
      continue;
    }
    processes.keep(started.child);
    subjects.push({
      name: `${peer.name}, http`,
      origins: [`http://127.0.0.1:${started.port}`],
      pid: started.child.pid,
    });
  }
  progress(`${upstream}: ${subjects.map(({ name }) => name).join("; ")}`);
  return await measure(processes, subjects, notes);
}

interface FloodPlan {
  readonly title: string;
  readonly requests: number;
  /** The steady rate, well below the capacity of the upstreams. */
  readonly perSecond: number;
  readonly mcp: boolean;
}

/**
 * Measures all subjects in turn in each round, and takes the median of the rounds. So other work on the machine either
 * slows down all subjects or has no effect on the result.
 */
async function floods(
  processes: Processes,
  subjects: readonly Subject[],
  notes: string[],
  { title, requests, perSecond, mcp }: FloodPlan,
): Promise<BenchTable> {
  const flood = ({ origins }: Subject, requests: number) =>
    processes.load({ kind: "flood", origins, connections: 64, mcp, requests });
  // A first run warms everything up.
  for (const subject of subjects) await flood(subject, requests / 4);
  const seen = subjects.map(() => ({
    most: [] as number[],
    cpu: [] as number[],
    p50: [] as number[],
    p99: [] as number[],
  }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const { origins, pid, name } = subject;
      const values = seen[index] as (typeof seen)[number];
      const before = pid === undefined ? 0 : cpuOf(pid);
      const { perSecond: most, failed } = await flood(subject, requests);
      if (pid !== undefined) values.cpu.push((cpuOf(pid) - before) / requests);
      const steady = await processes.load({ kind: "rate", origins, mcp, perSecond, seconds: 2 });
      values.most.push(most);
      values.p50.push(steady.p50);
      values.p99.push(steady.p99);
      if (failed + steady.failed > 0) notes.push(`${name}: ${failed + steady.failed} requests failed`);
    }
  }
  const rows: BenchRow[] = subjects.map(({ name }, index) => {
    const { most, cpu, p50, p99 } = seen[index] as (typeof seen)[number];
    const values = { "p50 at a steady rate": median(p50), "p99 at a steady rate": median(p99) };
    const own = cpu.length === 0 ? {} : { "CPU per request": median(cpu) };
    return { subject: name, values: { "requests/s": median(most), ...own, ...values } };
  });
  return {
    title,
    columns: { "requests/s": "", "CPU per request": "us", "p50 at a steady rate": "ms", "p99 at a steady rate": "ms" },
    rows,
    baseline: "direct",
    notes: [
      `First as many requests as possible over 64 keep-alive connections, then ${perSecond} requests/s. Medians of ${rounds} rounds. Proxies run on one thread. The load generator, proxy and upstreams share the machine.`,
      ...notes,
    ],
  };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * Measures the memory with open event streams over https, and the time from the start of the process to its first port.
 */
async function held(tls: IngressOrder["tls"], progress: (line: string) => void): Promise<BenchTable> {
  const rows: BenchRow[] = [];
  // Fills the compile cache.
  using first = new Processes();
  await first.start<number>("ingressProcess.ts", { ports: [], tls });
  for (const count of [0, 1_000, 5_000]) {
    using processes = new Processes();
    const ports: number[] = [];
    for (let n = 0; n < replicas; n++) ports.push((await processes.start<number>("upstream.ts")).answer);
    const start = performance.now();
    const { pid, answer } = await processes.start<number>("ingressProcess.ts", { ports, tls });
    const startTime = performance.now() - start;
    const { resident: idle } = memoryOf(pid);
    const { failed } = await processes.load({ kind: "hold", origin: `https://127.0.0.1:${answer}`, streams: count });
    progress(`${count} streams open, ${failed} failed`);
    const { resident, own } = memoryOf(pid);
    const streams = { "for the streams": resident - idle, "start time": startTime };
    const values = { resident, private: own, ...streams };
    rows.push({ subject: `${count} streams`, values: { ...values, failed } });
  }
  return {
    title: "Memory of the ingress with open event streams over https",
    columns: { resident: "MB", private: "MB", "for the streams": "MB", "start time": "ms", failed: "" },
    rows,
    baseline: "1000 streams",
    notes: [
      "Private memory excludes the pages of the Node binary, which all Node processes share.",
      "The start time includes Node's start. Only the first start compiles the sources.",
    ],
  };
}
