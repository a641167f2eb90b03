import type {
  Configuration,
  Container,
  ContainerAppProbe,
  Ingress,
  Secret,
  Template,
  Volume,
} from "@azure/arm-appcontainers";
import type { RevisionSpec } from "../dataPlane.ts";
import type { JsonObject } from "./merge.ts";
import type { SystemLog } from "./systemLog.ts";

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
  active: boolean;
  /** Whether its replicas run. */
  running: boolean;
  state: "Provisioning" | "Provisioned" | "Failed";
  /** Why it failed. */
  reason?: string;
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
  latestReady: string | undefined;
  /** The revision that takes the traffic. */
  routed: string | undefined;
  readonly log: SystemLog;
  /** The operation that runs on it. */
  operation: string | undefined;
}

export const latest = (app: App): Revision | undefined => app.revisions.at(-1);

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
