import type {
  Configuration,
  Container,
  ContainerAppProbe,
  Ingress,
  Secret,
  Template,
  Volume,
} from "@azure/arm-appcontainers";
import type { RevisionSpec } from "../dataPlane/contract/dataPlane.ts";
import type { SystemLog } from "../types/revision/systemLog.ts";
import type { JsonObject } from "./merge.ts";

export type { Configuration, Container, ContainerAppProbe, Ingress, Secret, Template, Volume };

export interface SystemData {
  readonly createdBy: string;
  readonly createdByType: "Application";
  readonly createdAt: string;
  readonly lastModifiedBy: string;
  readonly lastModifiedByType: "Application";
  readonly lastModifiedAt: string;
}

/** What every stored resource has. Names keep the case that they were created with; keys of the store are in lower case. */
export interface Tracked {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  /** As ARM normalises it: `eastus`. */
  readonly location: string;
  tags: Readonly<Record<string, string>> | undefined;
  etag: string;
  systemData: SystemData;
}

export interface Group extends Omit<Tracked, "group"> {
  deleting: boolean;
}

export interface Workspace extends Tracked {
  /** The customer id that a managed environment's log configuration names. */
  readonly customerId: string;
  readonly keys: { readonly primary: string; readonly secondary: string };
  sku: string;
  retentionInDays: number;
}

/** A managed environment; `properties` is its body as the caller wrote it, shared key included. */
export interface Environment extends Tracked {
  properties: EnvironmentProperties;
  provisioningState: "InProgress" | "Succeeded" | "Failed" | "Deleting";
}

export interface EnvironmentProperties {
  readonly appLogsConfiguration?: {
    readonly destination?: string;
    readonly logAnalyticsConfiguration?: { readonly customerId?: string; readonly sharedKey?: string };
  };
  readonly workloadProfiles?: readonly { readonly name?: string }[];
  readonly [name: string]: unknown;
}

/** A container app's body as the caller wrote it, without nulls and read-only properties. */
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
  /** What its replicas do; a revision is active unless it is `Stopped`. */
  phase: "Activating" | "Running" | "Failed" | "Stopped";
  /** What Azure says of its last start, if that failed. */
  error: string | undefined;
  /** Identifies the start that is being followed: what an earlier one comes to no longer counts. */
  start: symbol | undefined;
}

export interface App extends Tracked {
  body: AppBody;
  provisioningState: "InProgress" | "Succeeded" | "Failed" | "Deleting";
  /** Set by stop and start. */
  stopped: boolean;
  /** Authority of the ingress, once it is open. */
  fqdn: string | undefined;
  /** Oldest first. */
  readonly revisions: Revision[];
  /** Name of the revision that the last write made or kept. */
  latest: string | undefined;
  /** Name of the newest revision that has become ready. */
  latestReady: string | undefined;
  /** Why the last operation failed, until one succeeds. */
  deploymentErrors: string | undefined;
  /** The revision that takes the traffic. */
  routed: string | undefined;
  readonly log: SystemLog;
  /** The operation that runs on it. */
  operation: string | undefined;
}

const named = (app: Pick<App, "revisions">, name: string | undefined): Revision | undefined =>
  app.revisions.find((revision) => revision.name === name);

/** The revision that the last write made or kept; not the newest one if that write went back to an earlier one. */
export const latestRevision = (app: Pick<App, "revisions" | "latest">): Revision | undefined => named(app, app.latest);

export const latestReadyRevision = (app: Pick<App, "revisions" | "latestReady">): Revision | undefined =>
  named(app, app.latestReady);

export const isActive = ({ phase }: Revision): boolean => phase !== "Stopped";

/** Not tracked by ARM: it has no location, no tags, and goes with the resource that it belongs to. */
export interface DiagnosticSetting {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly logs: readonly JsonObject[];
  readonly metrics: readonly JsonObject[];
}

/** Keys of the data plane and the store. */
export const key = (id: string): string => id.toLowerCase();

export type { RevisionSpec };
