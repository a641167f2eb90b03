import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startReplica, type TestReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestApp, type TestApp } from "../../../../tests/support/mcp/testApp.ts";
import { type ProbeOptions, type ProbeReport, runProbe } from "../../src/index.ts";
import { duringCalls } from "../support/during.ts";
import { startGate } from "../support/gate.ts";
import { everythingCommand, type GatewayOptions, hasAgentgateway, startAgentgateways } from "../support/gateways.ts";

// What the probe reports for the real AgentGateway 1.4, by the rows of docs/probe.md. Its replicas are processes in
// network namespaces behind the local ingress, so this tests the gateway and the probe, not Container Apps.

const why = hasAgentgateway ? "" : " (skipped: needs agentgateway on the PATH, and unshare)";
const few = { sessions: 8, calls: 4, controlSessions: 6, inFlight: 8, client: "lean" } as const;
/** A stdio target starts a process for each session, so there are fewer sessions with more calls. */
const fewer = { ...few, sessions: 3, calls: 8, fresh: 100, controlSessions: 2 } as const;

const notNeeded = { verdict: "not needed", cause: "resumes-anywhere", counts: { lost: 0 } } as const;
const affinityOff = { verdict: "lost", cause: "affinity-off" } as const;
const held = { verdict: "held", cause: "affinity-holds" } as const;

describe.skipIf(!hasAgentgateway)(`the real agentgateway with two replicas or more${why}`, () => {
  let upstream: TestApp;
  let url: string;
  beforeAll(async () => {
    const plane = { replicaCommand: everythingCommand };
    upstream = await startTestApp({ plane, ingress: { allowInsecure: true } });
    url = `${upstream.url.replace("https:", "http:")}/mcp`;
  });
  afterAll(() => upstream?.[Symbol.asyncDispose]());

  const kinds = { http: "HTTP upstream", stdio: "stdio target", mixed: "HTTP upstream and stdio target in one" };
  type Kind = keyof typeof kinds;
  type Setting = Omit<GatewayOptions, "target"> & { readonly target: Kind };

  const start = ({ target, ...setting }: Setting): Promise<TestApp> =>
    startAgentgateways({ ...setting, target: target === "stdio" ? { kind: target } : { kind: target, url } });

  async function probeGateway(setting: Setting, run: Partial<ProbeOptions> = {}): Promise<ProbeReport> {
    await using app = await start(setting);
    const size = setting.target === "http" ? few : fewer;
    return await runProbe({ url: app.url, ca: app.ca, ...size, ...run });
  }

  const keys = { none: "no SESSION_KEY", shared: "one SESSION_KEY for all", own: "a SESSION_KEY for each" } as const;
  const key = (name: keyof typeof keys) => (name === "none" ? {} : { key: name });

  describe.each([
    ["http", "none", notNeeded, notNeeded],
    ["http", "shared", notNeeded, notNeeded],
    ["http", "own", affinityOff, held],
    ["stdio", "none", affinityOff, held],
    ["stdio", "shared", affinityOff, held],
    ["stdio", "own", affinityOff, held],
    ["mixed", "none", affinityOff, held],
    ["mixed", "shared", affinityOff, held],
    ["mixed", "own", affinityOff, held],
  ] as const)("%s, %s", (target, name, without, withAffinity) => {
    test(`${kinds[target]}, ${keys[name]}: without affinity ${without.cause}, with it ${withAffinity.cause}`, async () => {
      const off = await probeGateway({ affinity: "none", target, ...key(name) }, { controlSessions: 0 });
      expect(off).toMatchObject(without);
      if (without === affinityOff) {
        expect(off.counts.signs).toEqual({ "400 text": off.counts.lost });
        expect(off.incidents[0]?.detail).toContain("mcp: invalid session ID header");
      } else expect(off.counts.moved).toBeGreaterThan(0);
      expect(await probeGateway({ affinity: "sticky", target, ...key(name) })).toMatchObject(withAffinity);
    });
  });

  test("stateless mode: not needed, because it issues no session ID", async () => {
    const report = await probeGateway({ affinity: "none", target: "http", stateless: true });
    expect(report).toMatchObject({ verdict: "not needed", cause: "stateless", target: { sessions: "none" } });
  });

  test("GET streams on five replicas: refused by replicas that don't know the session from a call", async () => {
    const run = { hold: true, sessions: 12 };
    const off = await probeGateway({ affinity: "none", target: "http", replicas: 5 }, run);
    expect(off).toMatchObject({ verdict: "lost", cause: "streams-lost", counts: { lost: 0 } });
    const on = await probeGateway({ affinity: "sticky", target: "http", replicas: 5 }, run);
    expect(on.streams).toEqual({ held: 12, lost: 0, dropped: 0, refused: 0 });
  });

  describe("a replica is killed while sessions are open", () => {
    async function killed(setting: Setting, run: Partial<ProbeOptions>): Promise<ProbeReport> {
      await using app = await start(setting);
      const [victim] = app.plane.replicas(app.appId, app.revision.revision);
      const there = () => app.plane.replicas(app.appId, app.revision.revision).some(({ pid }) => pid === victim?.pid);
      // Calls fail until the ingress has noticed, which takes longer on a busy machine.
      await using gate = await startGate(app.url);
      const kill = duringCalls(10, () =>
        gate.whileShut(async () => {
          process.kill(-Number(victim?.pid), "SIGKILL");
          await vi.waitUntil(() => !there(), { timeout: 50_000 });
        }),
      );
      const options = { url: gate.url, ca: app.ca, ...few, controlSessions: 0, timeout: 60, ...run };
      const report = await runProbe(options, kill.onProgress);
      await kill.done;
      return report;
    }

    test("HTTP upstream, one SESSION_KEY: its sessions move to the other replica", async () => {
      const setting = { affinity: "sticky", target: "http", key: "shared" } as const;
      const report = await killed(setting, { sessions: 12, calls: 8, spread: 3 });
      expect(report).toMatchObject({ verdict: "moved", cause: "replica-gone", counts: { lost: 0 } });
      expect(report.counts.moved).toBe(report.counts.movedFromGone);
    });

    test("stdio target: its sessions are lost, the others hold", async () => {
      const report = await killed({ affinity: "sticky", target: "stdio" }, { sessions: 6, calls: 6, spread: 3 });
      expect(report).toMatchObject({ verdict: "lost", cause: "replica-gone" });
      expect(report.counts.held).toBeGreaterThan(0);
    });
  });

  test("a replica is scaled in: its sessions move to the other replica", async () => {
    await using app = await start({ affinity: "sticky", target: "http" });
    const scaleIn = duringCalls(20, () => app.plane.setReplicaCount(app.appId, app.revision.revision, 1));
    const options = { url: app.url, ca: app.ca, ...few, sessions: 12, calls: 6, spread: 3 } as const;
    const report = await runProbe(options, scaleIn.onProgress);
    await scaleIn.done;
    expect(report).toMatchObject({ verdict: "moved", cause: "replica-gone", counts: { lost: 0 } });
    expect(report.counts.moved).toBe(report.counts.movedFromGone);
  });

  describe("SIGTERM to a replica while every session waits for a slow call", () => {
    const slowCall = 1_000;

    async function terminated(drain: Pick<GatewayOptions, "drainSeconds">): Promise<ProbeReport> {
      await using slow = await startReplica("slow", { whoami: false, listing: slowCall });
      const target = { kind: "http", url: `${slow.url}/mcp` } as const;
      await using app = await startAgentgateways({ affinity: "sticky", target, key: "shared", ...drain });
      const [victim] = app.plane.replicas(app.appId, app.revision.revision);
      const waiting = atOnce(slow, few.sessions, () => process.kill(-Number(victim?.pid), "SIGTERM"));
      const options = { url: app.url, ca: app.ca, ...few, calls: 2, fresh: 100, controlSessions: 0 } as const;
      const report = await runProbe(options, ({ phase }) => phase === "call" && waiting.arm());
      expect(waiting.done()).toBe(true);
      const onVictim = report.replicas.find(({ name }) => name === victim?.name)?.sessions;
      expect(onVictim).toBe(few.sessions / 2);
      return report;
    }

    test("without a drain period: its calls in flight are cut, and no session is lost", async () => {
      const report = await terminated({});
      expect(report).toMatchObject({ verdict: "inconclusive", cause: "calls-failed" });
      expect(report.counts).toMatchObject({ lost: 0, calls: 2 * few.sessions });
      // The next call of such a session may still reach the process while it stops.
      expect(report.counts.callsFailed).toBeGreaterThanOrEqual(few.sessions / 2);
      expect(report.counts.callsFailed).toBeLessThanOrEqual(few.sessions);
      expect(["broken", "server-error"]).toEqual(expect.arrayContaining(Object.keys(report.counts.failures)));
      expect(report.reason).toContain(`${report.counts.callsFailed} of ${2 * few.sessions} calls`);
    });

    test("with a drain period: they finish, and no session is lost", async () => {
      // Several times the duration of the calls, because a busy machine may start them late.
      const report = await terminated({ drainSeconds: 4 });
      expect(report.counts).toMatchObject({ lost: 0, failed: 0, callsFailed: 0, calls: 2 * few.sessions });
      expect(["held", "moved"]).toContain(report.verdict);
    });
  });
});

/** Once armed, acts once, as soon as so many requests wait for their answer at the same time. */
function atOnce({ server }: TestReplica, count: number, act: () => void) {
  let armed = false;
  let done = false;
  let waiting = 0;
  server.on("request", ({ method }, response) => {
    if (method !== "POST") return;
    waiting += 1;
    response.once("close", () => {
      waiting -= 1;
    });
    if (!armed || done || waiting < count) return;
    done = true;
    act();
  });
  return {
    arm: (): void => {
      armed = true;
    },
    done: () => done,
  };
}
