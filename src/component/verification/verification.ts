import { oneLine } from "../../messages/oneLine.ts";
import type { LastLine } from "./logLine.ts";
import type { Readiness, ReadRollout } from "./readiness.ts";
import { type AppName, which } from "./revisionReads.ts";

/** What verification looks at, of the live app. */
export interface LiveApp {
  readonly affinity: string;
  readonly activeRevisionsMode: string;
  readonly transport: string;
}

/** How the app is meant to be. */
export interface WantedApp extends LiveApp {
  readonly affinity: "sticky" | "none";
}

/** The part of a read app that matters here; Azure gives `null` where affinity was never set, and its own upper case. */
export interface ReadApp extends ReadRollout {
  readonly configuration?:
    | {
        readonly activeRevisionsMode?: string | undefined;
        readonly ingress?:
          | {
              readonly fqdn?: string | null | undefined;
              readonly transport?: string | undefined;
              readonly stickySessions?: { readonly affinity?: string | undefined } | null | undefined;
            }
          | null
          | undefined;
      }
    | undefined;
}

export function liveApp({ configuration }: ReadApp): LiveApp {
  return {
    affinity: configuration?.ingress?.stickySessions?.affinity?.toLowerCase() ?? "none",
    activeRevisionsMode: configuration?.activeRevisionsMode ?? "Single",
    transport: configuration?.ingress?.transport?.toLowerCase() ?? "none",
  };
}

const aspects = { affinity: "affinity", activeRevisionsMode: "revision mode", transport: "transport" } as const;

/** What stands in the outputs of an app that could not be read. */
export const unreadable: LiveApp = { affinity: "unknown", activeRevisionsMode: "unknown", transport: "unknown" };

/** What is wrong with the live app, with the way out; undefined where it is as wanted. */
export function compare(containerAppName: string, wanted: WantedApp, live: LiveApp | Error): string | undefined {
  const failed = `Session affinity of container app '${containerAppName}' could not be verified: `;
  if (live instanceof Error) {
    return (
      `${failed}the app could not be read (${live.message.split("\n")[0]}). Wanted ${wanted.affinity}. ` +
      "See that this account may read it (the Reader role is enough), then: pulumi up --refresh"
    );
  }
  const wrong = (Object.keys(aspects) as (keyof typeof aspects)[])
    .filter((aspect) => wanted[aspect].toLowerCase() !== live[aspect].toLowerCase())
    .map((aspect) => `${aspects[aspect]} is ${live[aspect]}, wanted ${wanted[aspect]}`);
  if (wrong.length === 0) return undefined;
  return `${failed}${wrong.join("; ")}. Something outside this stack has changed it. Put it back with: pulumi up --refresh`;
}

type NotReady = Extract<Readiness, { kind: "notReady" }>;

/** What is wrong with an app that does not serve what was deployed, with the way out. */
export function notServing(app: AppName, found: NotReady, line: LastLine | undefined): string {
  const parts = [`Container app '${app.containerAppName}' does not serve what was deployed: ${seen(found)}.`];
  if (line?.kind === "line") parts.push(`Last log line of its replica: ${line.text}`);
  if (line?.kind === "withheld") parts.push("The last log line of its replica holds a secret and is not shown.");
  if (found.cause.kind !== "stopped")
    parts.push(found.serving === "" ? "No revision serves." : `Revision '${found.serving}' keeps serving.`);
  return [...parts, ...wayOut(app, found)].join("\n");
}

function seen({ cause, revision }: NotReady): string {
  const state = oneLine(cause.state);
  const because = "reason" in cause && cause.reason !== "" ? `: ${oneLine(cause.reason)}` : "";
  switch (cause.kind) {
    case "operation":
      return `its last operation is ${state}, wanted Succeeded${because}`;
    case "stopped":
      return `it is ${state}, wanted Running`;
    case "revision":
      return `revision '${revision}' is ${state}, wanted ready${because}`;
    case "overdue":
      if (revision === "") return `it has no revision after ${cause.seconds} s`;
      return `revision '${revision}' is not ready after ${cause.seconds} s${state === "" ? "" : `, but ${state}`}${because}`;
  }
}

function wayOut(app: AppName, { cause, revision, serving }: NotReady): string[] {
  const options = which(app).join(" ");
  const { subscriptionId, resourceGroupName, containerAppName } = app;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroupName}/providers/Microsoft.App/containerApps/${containerAppName}`;
  const fix = `Fix the cause, then: pulumi up${serving === "" ? "" : ". Or roll back: deploy the earlier commit"}`;
  const retry = (command: string): string =>
    `If the cause was outside the program and is gone: ${command}, then pulumi up`;
  const restart = retry(`az containerapp revision restart ${options} --revision ${revision}`);
  switch (cause.kind) {
    case "operation": {
      const look = `az monitor activity-log list --resource-id ${id} --status Failed --offset 1d --query "[].properties.statusMessage"`;
      const unknown = cause.reason === "" ? [`For Azure's reason: ${look}`] : [];
      return [...unknown, fix];
    }
    case "stopped":
      return [
        `Start it: az resource invoke-action --action start --ids ${id} --api-version 2025-07-01, then pulumi up`,
      ];
    case "revision":
      return [fix, restart];
    case "overdue":
      return [fix, ...(revision === "" ? [] : [restart]), "If it needs longer: pulumi config set readySeconds SECONDS"];
  }
}

/** What is said while the update waits. */
export const waitingSentence = (app: Waiting, seconds: number, limit: number): string =>
  app.revision === ""
    ? `Waiting for the app's first revision (${seconds} of ${limit} s)`
    : `Waiting for revision '${app.revision}' to become ready${app.state === "" ? "" : `, now ${oneLine(app.state)}`} (${seconds} of ${limit} s)`;

type Waiting = Extract<Readiness, { kind: "starting" }>;

/** What pulumi up will make of it, as far as a preview can know. */
function outlook(readiness: Exclude<Readiness, { kind: "ready" }>): string {
  if (readiness.kind === "starting") return "pulumi up waits, and fails if the latest revision does not become ready.";
  return readiness.cause.kind === "operation"
    ? "pulumi up writes the app again."
    : "Unless this changes, pulumi up fails.";
}

/** What a preview says of an app that does not serve what was deployed last; undefined if it does. */
export function previewWarning(containerAppName: string, readiness: Readiness): string | undefined {
  if (readiness.kind === "ready") return undefined;
  const { revision, serving } = readiness;
  const pending = revision === serving ? "another operation is running" : `revision '${revision}' is not ready`;
  const found = readiness.kind === "notReady" ? seen(readiness) : pending;
  const now = serving === "" ? "no revision serves" : `revision '${serving}' serves`;
  return `Container app '${containerAppName}': ${found}; ${now}. ${outlook(readiness)}`;
}
