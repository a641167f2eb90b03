import { oneLine } from "../../messages/oneLine.ts";
import { type AppName, appOptions } from "../az/appOptions.ts";
import type { Mismatch } from "./liveApp.ts";
import type { LastLine } from "./logLine.ts";
import type { Readiness } from "./readiness.ts";

const properties = { affinity: "affinity", activeRevisionsMode: "revision mode", transport: "transport" } as const;

/** Why the update fails if the live app is not as requested. */
export function mismatchSentence(containerAppName: string, found: readonly Mismatch[]): string {
  const wrong = found.map(({ property, live, wanted }) => `${properties[property]} is ${live}, expected ${wanted}`);
  return (
    `Container app '${containerAppName}' doesn't match what this stack declares: ${wrong.join("; ")}. ` +
    "Something outside this stack probably changed it. To correct it, run: pulumi up --refresh"
  );
}

/** Why the update fails if the live app cannot be read. */
export const unreadableSentence = (containerAppName: string, { message }: Error): string =>
  `Session affinity of container app '${containerAppName}' could not be verified, because reading the app failed: ` +
  `${message.split("\n")[0]}. If access was denied, give this account the Reader role. Then run: pulumi up --refresh`;

type NotReady = Extract<Readiness, { kind: "notReady" }>;
type Starting = Extract<Readiness, { kind: "starting" }>;

/** Why the update fails if the app does not serve what was deployed, and what to do. */
export function notServing(app: AppName, found: NotReady, line: LastLine | undefined): string {
  const parts = [`Container app '${app.containerAppName}' does not serve what was deployed: ${seen(found)}.`];
  if (line?.kind === "line") parts.push(`Last log line of a replica: ${line.text}`);
  if (line?.kind === "withheld") parts.push("The last log line of a replica contains a secret, so it is not shown.");
  if (found.cause.kind !== "stopped")
    parts.push(found.serving === "" ? "No revision is serving." : `Revision '${found.serving}' keeps serving.`);
  return [...parts, ...nextSteps(app, found)].join("\n");
}

function seen({ cause, revision }: NotReady): string {
  const state = oneLine(cause.state);
  const because = "reason" in cause && cause.reason !== "" ? ` (${oneLine(cause.reason)})` : "";
  switch (cause.kind) {
    case "operation":
      return `its last operation ended in state ${state}${because}`;
    case "stopped":
      return `it is ${state}`;
    case "revision":
      return `revision '${revision}' is ${state}${because}`;
    case "overdue":
      if (revision === "") return `it has no revision after ${cause.seconds} s`;
      return `revision '${revision}' is ${state === "" ? "not ready" : `still ${state}`} after ${cause.seconds} s${because}`;
  }
}

function nextSteps(app: AppName, { cause, revision, serving }: NotReady): string[] {
  const options = appOptions(app).join(" ");
  const { subscriptionId, resourceGroupName, containerAppName } = app;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroupName}/providers/Microsoft.App/containerApps/${containerAppName}`;
  const fix = `Fix the cause, then run: pulumi up${serving === "" ? "" : ". Or deploy the earlier commit to roll back"}`;
  const restart = `If the cause was outside the program and is fixed: az containerapp revision restart ${options} --revision ${revision}, then pulumi up`;
  switch (cause.kind) {
    case "operation": {
      const query = `az monitor activity-log list --resource-id ${id} --status Failed --offset 1d --query "[].properties.statusMessage"`;
      return [...(cause.reason === "" ? [`To see Azure's reason: ${query}`] : []), fix];
    }
    case "stopped":
      return [
        `Start it: az resource invoke-action --action start --ids ${id} --api-version 2025-07-01, then pulumi up`,
      ];
    case "revision":
      return [fix, restart];
    case "overdue": {
      const more = "If it only needs more time: pulumi config set readySeconds SECONDS";
      return [fix, ...(revision === "" ? [] : [restart]), more];
    }
  }
}

/** Progress of the wait for the latest revision, or for another operation on an app whose revision is ready. */
export function waitingSentence({ revision, serving, state }: Starting, seconds: number, limit: number): string {
  const ready = revision === serving ? "another operation to finish" : `revision '${revision}' to become ready`;
  const what = revision === "" ? "the app's first revision" : ready;
  return `Waiting for ${what} (${state === "" ? "" : `${oneLine(state)}, `}${seconds} of ${limit} s)`;
}

/** What a preview says about an app that does not serve what was last deployed; undefined if it does. */
export function previewWarning(containerAppName: string, readiness: Readiness): string | undefined {
  if (readiness.kind === "ready") return undefined;
  const { serving } = readiness;
  const found = readiness.kind === "notReady" ? seen(readiness) : pending(readiness);
  const now = serving === "" ? "no revision is serving" : `revision '${serving}' is serving`;
  return `Container app '${containerAppName}': ${found}; ${now}. ${outlook(readiness)}`;
}

function pending({ revision, serving }: Starting): string {
  if (revision === "") return "it has no revision yet";
  return revision === serving ? "another operation is running" : `revision '${revision}' is not ready`;
}

/** What pulumi up will do, as far as a preview can tell. */
function outlook(readiness: Exclude<Readiness, { kind: "ready" }>): string {
  if (readiness.kind === "starting") return "pulumi up waits, and fails if the latest revision does not become ready.";
  return readiness.cause.kind === "operation"
    ? "pulumi up will write the app again."
    : "pulumi up will fail until the app is started.";
}
