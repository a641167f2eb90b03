import type { ProbeReport } from "mcp-affinity-probe";
import { changes, summaryLine } from "../engines/display.ts";
import { CommandError, exitCode } from "../terminal/command.ts";
import type { Stage } from "./stage.ts";

export interface DemoStep {
  readonly title: string;
  /** Resolves to what was seen; throws when that is not what it should be. */
  run(stage: Stage): Promise<string>;
}

type GroupReport = ProbeReport["counts"];

const replicas = 4;
const sessions = 200;

/** The demo, in its order; each step rests on those before it. */
export const steps: readonly DemoStep[] = [
  { title: "Azure CLI", run: (stage) => stage.findAz() },
  { title: "Local Azure", run: (stage) => stage.startAzure() },
  { title: "agw up", run: async (stage) => summaryLine(await stage.run("up", true), false) },
  { title: "az containerapp show", run: (stage) => expectAffinity(stage, "sticky") },
  { title: "Second agw up", run: secondUp },
  { title: `Scale to ${replicas} replicas`, run: scaleOut },
  { title: `${sessions} MCP sessions`, run: proveSessions },
  { title: "Affinity switched off by hand, agw up", run: mendDrift },
  { title: "enableStickySessions=false, agw up", run: switchOff },
  { title: "enableStickySessions=true, agw up", run: switchOn },
  { title: "One replica killed", run: killReplica },
];

export const destroyStep: DemoStep = {
  title: "agw destroy",
  run: async (stage) => summaryLine(await stage.run("destroy", false), false),
};

async function expectAffinity(stage: Stage, wanted: string): Promise<string> {
  const seen = await stage.readAffinity();
  if (seen !== wanted) throw new CommandError(`affinity should be ${wanted}, az reads '${seen}'`);
  return `affinity: ${seen}`;
}

async function secondUp(stage: Stage): Promise<string> {
  const result = await stage.run("up", false);
  if (changes(result) > 0) throw new CommandError(`should change nothing, but: ${summaryLine(result, false)}`);
  return summaryLine(result, false);
}

async function scaleOut(stage: Stage): Promise<string> {
  stage.settings.minReplicas = String(replicas);
  await stage.run("up", false);
  const { sandbox } = stage;
  const listed = JSON.parse(
    await sandbox.az("containerapp", "replica", "list", ...sandbox.appArguments, "--output", "json"),
  );
  if (listed.length !== replicas) throw new CommandError(`should have ${replicas} replicas, az lists ${listed.length}`);
  return `az lists ${listed.length} replicas of ${stage.sandbox.output("latestRevision")}`;
}

const broken = (group: GroupReport): number => group.lost + group.moved + group.failed;

/** The proof, and beside it the control that makes it one: without cookies the same sessions must break. */
async function proveSessions(stage: Stage): Promise<string> {
  const report = await stage.probe({ sessions, controlSessions: sessions });
  stage.report = report;
  const { counts, control } = report;
  if (broken(counts) > 0)
    throw new CommandError(`${broken(counts)} of ${counts.sessions} sessions broke: ${report.reason}`);
  if (control === null || broken(control) === 0) {
    throw new CommandError("sessions hold without cookies too, so their holding proves nothing", exitCode.unknown);
  }
  return `with cookies ${counts.held} of ${counts.sessions} hold; without, ${broken(control)} of ${control.sessions} break`;
}

async function mendDrift(stage: Stage): Promise<string> {
  await stage.sandbox.setAffinity("none");
  await expectAffinity(stage, "none");
  const result = await stage.run("up", false);
  return `${summaryLine(result, false)}; ${await expectAffinity(stage, "sticky")}`;
}

async function switchOff(stage: Stage): Promise<string> {
  stage.settings.enableStickySessions = "false";
  await stage.run("up", false);
  const report = await stage.probe({ sessions: 40, controlSessions: 0 });
  const seen = `${broken(report.counts)} of ${report.counts.sessions} sessions break`;
  if (broken(report.counts) === 0)
    throw new CommandError(`no session breaks without affinity: ${report.reason}`, exitCode.unknown);
  return `${await expectAffinity(stage, "none")}; ${seen}`;
}

async function switchOn(stage: Stage): Promise<string> {
  stage.settings.enableStickySessions = "true";
  await stage.run("up", false);
  const { counts, reason } = await stage.probe({ sessions: 40, controlSessions: 0 });
  if (broken(counts) > 0) throw new CommandError(`${broken(counts)} of ${counts.sessions} sessions broke: ${reason}`);
  return `${await expectAffinity(stage, "sticky")}; ${counts.held} of ${counts.sessions} sessions hold`;
}

/** Kills a replica while sessions are in use: those that it holds are lost, and no others. */
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
  const { held, others } = lossesBy(report, name);
  if (!killed || held === 0) throw new CommandError(`no session was on ${name} when it was killed`, exitCode.unknown);
  if (others > 0) throw new CommandError(`${others} sessions broke that ${name} did not hold`);
  return `${broken(report.counts)} of ${report.counts.sessions} sessions lost, all of them on ${name}`;
}

/** Of the sessions that broke: how many this replica answered first, and how many another did. */
function lossesBy({ sessions: all, replicas: known }: ProbeReport, replica: string): { held: number; others: number } {
  const lost = all.filter(({ fate }) => fate !== "held");
  const held = lost.filter(({ way }) => known[way[0]?.[1] ?? -1]?.name === replica).length;
  return { held, others: lost.length - held };
}
