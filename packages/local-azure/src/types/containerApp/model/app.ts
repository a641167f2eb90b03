import type { Configuration, Container, ContainerAppProbe, Ingress, Template } from "@azure/arm-appcontainers";
import { collection } from "../../../arm/cloud.ts";
import type { Tracked } from "../../../arm/resource.ts";
import type { SystemLog } from "./systemLog.ts";

export type { Configuration, Container, ContainerAppProbe, Ingress, Template };

export const type = "Microsoft.App/containerApps";

/** A container app's body as the client sent it, without nulls and read-only properties. */
export interface AppBody {
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly identity?: { readonly type: string; readonly userAssignedIdentities?: Readonly<Record<string, unknown>> };
  readonly properties: {
    readonly environmentId: string;
    readonly workloadProfileName?: string;
    readonly configuration: Configuration;
    readonly template: Template;
  };
}

export interface Revision {
  readonly name: string;
  readonly template: Template;
  readonly createdTime: string;
  lastActiveTime: string;
  /** State of its replicas. A revision is active unless it is `Stopped`. */
  phase: "Activating" | "Running" | "Failed" | "Stopped";
  /** Azure's message about its last start, if that failed. */
  error: string | undefined;
  /** Identifies its latest start, so that the outcome of an earlier one is ignored. */
  start: symbol | undefined;
}

export interface App extends Tracked {
  body: AppBody;
  provisioningState: "InProgress" | "Succeeded" | "Failed" | "Deleting";
  /** Whether the app was stopped by its `stop` action. */
  stopped: boolean;
  /** Host and port of the ingress, once it is open. */
  fqdn: string | undefined;
  /** Oldest first. */
  readonly revisions: Revision[];
  /** Name of the revision that the last write created or kept. */
  latest: string | undefined;
  /** Name of the newest revision that has become ready. */
  latestReady: string | undefined;
  /** Why the last operation failed; cleared when one succeeds. */
  deploymentErrors: string | undefined;
  /** Name of the revision that receives traffic. */
  routed: string | undefined;
  readonly log: SystemLog;
  /** Id of the operation in progress. */
  operation: string | undefined;
}

export const apps = collection<App>(type);

const named = (app: Pick<App, "revisions">, name: string | undefined): Revision | undefined =>
  app.revisions.find((revision) => revision.name === name);

/**
 * Returns the revision that the last write created or kept. If the write went back to an earlier one, it's not the
 * newest.
 */
export const latestRevision = (app: Pick<App, "revisions" | "latest">): Revision | undefined => named(app, app.latest);

export const latestReadyRevision = (app: Pick<App, "revisions" | "latestReady">): Revision | undefined =>
  named(app, app.latestReady);

export const isActive = ({ phase }: Revision): boolean => phase !== "Stopped";

/**
 * Returns the name of the revision that receives traffic: the one that the weights name (not in single mode), otherwise
 * the latest ready one, or the newest running one. Undefined if none is running.
 */
export function trafficTarget(app: App): string | undefined {
  const running = app.revisions.filter(({ phase }) => phase === "Running");
  const weighted = (app.body.properties.configuration.ingress?.traffic ?? []).find(({ weight }) => (weight ?? 0) > 0);
  if (app.body.properties.configuration.activeRevisionsMode !== "Single" && weighted?.revisionName !== undefined) {
    return running.find(({ name }) => name === weighted.revisionName)?.name;
  }
  return running.find(({ name }) => name === app.latestReady)?.name ?? running.at(-1)?.name;
}
