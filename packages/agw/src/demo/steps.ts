import type { ProbeReport } from "mcp-affinity-probe";
import { changes, summaryLine } from "../engines/display.ts";
import { CommandError, exitCode } from "../terminal/command.ts";
import type { Stage } from "./stage.ts";

export interface DemoStep {
  readonly title: string;
  /** Returns a summary of the result. Throws if the result is wrong. */
  run(stage: Stage): Promise<string>;
}

type GroupReport = ProbeReport["counts"];

const replicas = 4;
const sessions = 200;

/** The steps of the demo in order. Each depends on those before it. */
export const steps: readonly DemoStep[] = [
  { title: "Azure CLI", run: (stage) => stage.findAz() },
  { title: "Local Azure", run: (stage) => stage.startAzure() },
  { title: "agw up", run: async (stage) => summaryLine(await stage.run("up", true), false) },
  { title: "az containerapp show", run: (stage) => expectAffinity(stage, "sticky") },
  { title: "Second agw up", run: secondUp },
  { title: `Scale to ${replicas} replicas`, run: scaleOut },
  { title: `${sessions} MCP sessions`, run: proveSessions },
  { title: "Affinity turned off by hand, then agw up", run: correctDrift },
  { title: "agw up -c enableStickySessions=false", run: switchOff },
  { title: "agw up -c enableStickySessions=true", run: switchOn },
  { title: "Kill one replica", run: killReplica },
];

export const destroyStep: DemoStep = {
  title: "agw destroy",
  run: async (stage) => summaryLine(await stage.run("destroy", false), false),
};

async function expectAffinity(stage: Stage, wanted: string): Promise<string> {
  const seen = await stage.readAffinity();
  if (seen !== wanted) throw new CommandError(`affinity should be ${wanted}, but az shows '${seen}'`);
  return `affinity: ${seen}`;
}

async function secondUp(stage: Stage): Promise<string> {
  const result = await stage.run("up", false);
  if (changes(result) > 0) throw new CommandError(`should make 0 changes, but made: ${summaryLine(result, false)}`);
  return summaryLine(result, false);
}

async function scaleOut(stage: Stage): Promise<string> {
  stage.settings.minReplicas = String(replicas);
  await stage.run("up", false);
  const { sandbox } = stage;
  const listed = JSON.parse(
    await sandbox.az("containerapp", "replica", "list", ...sandbox.appArguments, "--output", "json"),
  );
  if (listed.length !== replicas)
    throw new CommandError(`should have ${replicas} replicas, but az lists ${listed.length}`);
  return `az lists ${listed.length} replicas of ${stage.sandbox.output("latestRevision")}`;
}

const broken = (group: GroupReport): number => group.lost + group.moved + group.failed;

/** Probes with cookies and, as the control group, without them: the test is valid only if sessions then break. */
async function proveSessions(stage: Stage): Promise<string> {
  const report = await stage.probe({ sessions, controlSessions: sessions });
  stage.report = report;
  const { counts, control } = report;
  if (broken(counts) > 0)
    throw new CommandError(`${broken(counts)} of ${counts.sessions} sessions broke: ${report.reason}`);
  if (control === null || broken(control) === 0) {
    throw new CommandError("sessions also survived without cookies, so this proves nothing", exitCode.unknown);
  }
  return `without cookies, ${broken(control)} of ${control.sessions} broke; with cookies, ${counts.held} of ${counts.sessions} survived`;
}

async function correctDrift(stage: Stage): Promise<string> {
  await stage.sandbox.setAffinity("none");
  await expectAffinity(stage, "none");
  const result = await stage.run("up", false);
  return `${summaryLine(result, false)}; ${await expectAffinity(stage, "sticky")}`;
}

async function switchOff(stage: Stage): Promise<string> {
  stage.settings.enableStickySessions = "false";
  await stage.run("up", false);
  const report = await stage.probe({ sessions: 40, controlSessions: 0 });
  const seen = `${broken(report.counts)} of ${report.counts.sessions} sessions broke`;
  if (broken(report.counts) === 0)
    throw new CommandError(`no session broke without affinity: ${report.reason}`, exitCode.unknown);
  return `${await expectAffinity(stage, "none")}; ${seen}`;
}

async function switchOn(stage: Stage): Promise<string> {
  stage.settings.enableStickySessions = "true";
  await stage.run("up", false);
  const { counts, reason } = await stage.probe({ sessions: 40, controlSessions: 0 });
  if (broken(counts) > 0) throw new CommandError(`${broken(counts)} of ${counts.sessions} sessions broke: ${reason}`);
  return `${await expectAffinity(stage, "sticky")}; ${counts.held} of ${counts.sessions} sessions survived`;
}

/** Kills a replica while sessions are in use. Only the sessions on it may be lost. */
async function killReplica(stage: Stage): Promise<string> {
  const app = `/subscriptions/${stage.sandbox.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/${stage.sandbox.output("resourceGroupName")}/providers/Microsoft.App/containerApps/${stage.sandbox.output("containerAppName")}`;
  const [victim] = stage.sandbox.azure.dataPlane.replicas(app.toLowerCase(), stage.sandbox.output("latestRevision"));
  if (victim?.pid === undefined) throw new CommandError("there is no replica to kill");
  const { name, pid } = victim;
  let killed = false;
  const report = await stage.probe({ sessions: 40, calls: 8, spread: 2, controlSessions: 0 }, ({ phase, done }) => {
    if (killed || phase !== "call" || done < 40) return;
    killed = true;
    process.kill(pid, "SIGKILL");
  });
  const { onReplica, others } = lossesBy(report, name);
  if (!killed || onReplica === 0)
    throw new CommandError(`no session was lost when ${name} was killed`, exitCode.unknown);
  if (others > 0)
    throw new CommandError(`sessions on other replicas broke (${others}), although only ${name} was killed`);
  return `${broken(report.counts)} of ${report.counts.sessions} sessions lost, all on ${name}, the killed replica`;
}

/** Counts the sessions that broke, by whether this replica or another one answered their first call. */
function lossesBy({ sessions: all, replicas: known }: ProbeReport, replica: string) {
  const lost = all.filter(({ fate }) => fate !== "held");
  const onReplica = lost.filter(({ way }) => known[way[0]?.[1] ?? -1]?.name === replica).length;
  return { onReplica, others: lost.length - onReplica };
}
