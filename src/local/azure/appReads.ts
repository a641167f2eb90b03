import type { ReplicaStatus } from "../dataPlane.ts";
import { type App, type Ingress, latest, type Revision } from "./model.ts";
import { trafficTarget } from "./rollout.ts";
import { displayName } from "./store.ts";
import { readTemplate } from "./templateReads.ts";
import { identity } from "./token.ts";

/**
 * Container apps as the service reads them back: its casing, its defaults, null for what is not set, and never a secret's
 * value. Pure. Shapes: azure-cli's public recording of `containerapp_ingress_sticky_sessions_e2e`.
 */

/** `origin` is where this server answers, for the streams that the CLI follows. */
export function readApp(app: App, origin: string): object {
  const { properties } = app.body;
  const inProgress = app.provisioningState === "InProgress" && app.fqdn === undefined;
  return {
    id: app.id,
    name: app.name,
    type: "Microsoft.App/containerApps",
    location: displayName(app.location),
    ...(app.tags === undefined ? {} : { tags: app.tags }),
    systemData: app.systemData,
    properties: {
      provisioningState: app.provisioningState,
      runningStatus: app.stopped ? "Stopped" : "Running",
      managedEnvironmentId: properties.environmentId,
      environmentId: properties.environmentId,
      workloadProfileName: properties.workloadProfileName ?? null,
      patchingMode: "Automatic",
      outboundIpAddresses: ["127.0.0.1"],
      latestRevisionName: latest(app)?.name ?? "",
      latestReadyRevisionName: app.latestReady ?? "",
      latestRevisionFqdn: app.fqdn ?? "",
      customDomainVerificationId: "0".repeat(64),
      configuration: readConfiguration(app, inProgress),
      template: readTemplate(properties.template),
      eventStreamEndpoint: `${origin}${app.id.replace("/providers/Microsoft.App/containerapps/", "/containerApps/")}/eventstream`,
      delegatedIdentities: [],
    },
    identity: readIdentity(app),
  };
}

function readConfiguration(app: App, inProgress: boolean): object {
  const { configuration } = app.body.properties;
  return {
    secrets:
      configuration.secrets?.map(({ name, keyVaultUrl, identity: reader }) =>
        !keyVaultUrl ? { name } : { name, keyVaultUrl, identity: reader },
      ) ?? null,
    activeRevisionsMode: configuration.activeRevisionsMode,
    targetLabel: "",
    ingress: configuration.ingress === undefined ? null : readIngress(configuration.ingress, app, inProgress),
    registries: configuration.registries ?? null,
    identitySettings: configuration.identitySettings ?? [],
    dapr: configuration.dapr ?? null,
    runtime: configuration.runtime ?? null,
    maxInactiveRevisions: configuration.maxInactiveRevisions ?? 100,
    service: configuration.service ?? null,
  };
}

/** Address and traffic are null until the ingress is open. */
function readIngress(ingress: Ingress, app: App, inProgress: boolean): object {
  return {
    fqdn: inProgress ? null : (app.fqdn ?? null),
    external: ingress.external ?? false,
    targetPort: ingress.targetPort ?? null,
    exposedPort: ingress.exposedPort ?? 0,
    transport: ingress.transport ?? "Auto",
    traffic: inProgress ? null : readTraffic(ingress, app),
    customDomains: ingress.customDomains ?? null,
    allowInsecure: ingress.allowInsecure ?? false,
    ipSecurityRestrictions: ingress.ipSecurityRestrictions ?? null,
    corsPolicy: ingress.corsPolicy ?? null,
    clientCertificateMode: ingress.clientCertificateMode ?? null,
    stickySessions: ingress.stickySessions ?? null,
    additionalPortMappings: ingress.additionalPortMappings ?? null,
    targetPortHttpScheme: null,
  };
}

/**
 * In single mode all goes to the latest revision, whatever was written. A revision that is named reads back without
 * `latestRevision` (recording of `containerapp_ingress_traffic_e2e`), which the CLI relies on.
 */
function readTraffic({ traffic }: Ingress, app: App): object[] {
  if (traffic === undefined || app.body.properties.configuration.activeRevisionsMode === "Single")
    return [{ weight: 100, latestRevision: true }];
  return traffic.map(({ latestRevision, ...rest }) => (latestRevision ? { ...rest, latestRevision } : rest));
}

function readIdentity(app: App): object {
  const { identity: sent } = app.body;
  if (sent === undefined) return { type: "None" };
  const system = /SystemAssigned/i.test(sent.type)
    ? { principalId: identity.principal, tenantId: identity.tenant }
    : {};
  return { ...sent, ...system };
}

/** A revision; the traffic is all on one, see `trafficTarget`. */
export function readRevision(app: App, revision: Revision, replicas: readonly ReplicaStatus[]): object {
  const running = revision.running ? "Running" : revision.active ? "Processing" : "Stopped";
  // A state that the API model does not list and the service answers (microsoft/vscode-azurecontainerapps #1088).
  const resting = revision.running && replicas.length === 0;
  return {
    id: `${app.id}/revisions/${revision.name}`,
    name: revision.name,
    type: "Microsoft.App/containerapps/revisions",
    properties: {
      createdTime: revision.createdTime,
      lastActiveTime: revision.lastActiveTime,
      fqdn: app.fqdn ?? "",
      template: readTemplate(revision.template),
      active: revision.active,
      replicas: replicas.length,
      trafficWeight: trafficTarget(app) === revision.name ? 100 : 0,
      healthState: health(revision, replicas),
      provisioningState: revision.state,
      runningState: revision.state === "Failed" ? "Failed" : resting ? "ScaledToZero" : running,
      ...(revision.reason === undefined
        ? {}
        : { provisioningError: revision.reason, runningStateDetails: revision.reason }),
    },
  };
}

function health(revision: Revision, replicas: readonly ReplicaStatus[]): string {
  if (revision.state === "Failed") return "Unhealthy";
  if (!revision.running || replicas.length === 0) return "None";
  return replicas.some(({ ready }) => ready) ? "Healthy" : "Unhealthy";
}

/** Every container of the template is the same process here, so all of them show its state. */
export function readReplica(app: App, revision: Revision, replica: ReplicaStatus, origin: string): object {
  const id = `${app.id}/revisions/${revision.name}/replicas/${replica.name}`;
  const { runningState, ready, restartCount, createdTime } = replica;
  return {
    id,
    name: replica.name,
    type: "Microsoft.App/containerapps/revisions/replicas",
    properties: {
      createdTime,
      runningState,
      runningStateDetails: "",
      containers: (revision.template.containers ?? []).map(({ name }) => ({
        name,
        containerId: `local://${replica.name}/${name}`,
        ready,
        started: runningState === "Running",
        restartCount,
        runningState: runningState === "NotRunning" ? "Terminated" : "Running",
        runningStateDetails: "",
        logStreamEndpoint: `${origin}${id.replace("/providers/Microsoft.App/containerapps/", "/containerApps/")}/containers/${name}/logstream`,
        execEndpoint: "",
      })),
      initContainers: [],
    },
  };
}
