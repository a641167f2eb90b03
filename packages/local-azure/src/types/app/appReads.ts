import { type App, type Ingress, isActive, type Revision } from "../../arm/model.ts";
import { displayName } from "../../arm/store.ts";
import { identity } from "../../arm/token.ts";
import type { ReplicaStatus } from "../../dataPlane/contract/dataPlane.ts";
import { trafficTarget } from "../revision/rollout.ts";
import { readTemplate } from "./templateReads.ts";

/**
 * Container apps as the service reads them back: its casing, its defaults, null for what is not set, and never a secret's
 * value. Pure. Shapes: azure-cli's public recording of `containerapp_ingress_sticky_sessions_e2e`.
 */

/** `origin` is where this server answers, for the streams that the CLI follows. */
export function readApp(app: App, origin: string): object {
  const { properties } = app.body;
  const eventStream = `${origin}${app.id.replace("/providers/Microsoft.App/containerapps/", "/containerApps/")}/eventstream`;
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
      latestRevisionName: app.latest ?? "",
      latestReadyRevisionName: app.latestReady ?? "",
      latestRevisionFqdn: app.fqdn ?? "",
      customDomainVerificationId: "0".repeat(64),
      configuration: readConfiguration(app),
      template: readTemplate(properties.template),
      ...(app.deploymentErrors === undefined ? {} : { deploymentErrors: app.deploymentErrors }),
      ...(creationFailed(app) ? {} : { eventStreamEndpoint: eventStream }),
      delegatedIdentities: [],
    },
    identity: readIdentity(app),
  };
}

/** Whether the app ended Failed before it had anything: then it lacks what Azure gives it in the course of its creation. */
const creationFailed = ({ provisioningState, latest, fqdn }: App): boolean =>
  provisioningState === "Failed" && latest === undefined && fqdn === undefined;

function readConfiguration(app: App): object {
  const { configuration } = app.body.properties;
  return {
    secrets:
      configuration.secrets?.map(({ name, keyVaultUrl, identity: reader }) =>
        !keyVaultUrl ? { name } : { name, keyVaultUrl, identity: reader },
      ) ?? null,
    activeRevisionsMode: configuration.activeRevisionsMode,
    targetLabel: "",
    ingress: configuration.ingress === undefined ? null : readIngress(configuration.ingress, app),
    registries: configuration.registries ?? null,
    identitySettings: configuration.identitySettings ?? [],
    dapr: configuration.dapr ?? null,
    runtime: configuration.runtime ?? null,
    maxInactiveRevisions: configuration.maxInactiveRevisions ?? 100,
    service: configuration.service ?? null,
  };
}

/**
 * Address and traffic are null until the ingress is open, and transport and port too if the creation failed before that (a
 * public capture of an app whose first image could not be pulled).
 */
function readIngress(ingress: Ingress, app: App): object {
  const failed = creationFailed(app);
  const opening = app.fqdn === undefined && app.provisioningState === "InProgress";
  return {
    fqdn: app.fqdn ?? null,
    external: ingress.external ?? false,
    targetPort: ingress.targetPort ?? null,
    exposedPort: failed ? null : (ingress.exposedPort ?? 0),
    transport: failed ? null : (ingress.transport ?? "Auto"),
    traffic: opening || failed ? null : readTraffic(ingress, app),
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

/**
 * A revision. One that starts reads Provisioned and Activating (azure-cli's recordings); one that failed stays active with its
 * replicas (public captures of a container that crashes, and of one that fails its startup probe, read alike).
 */
export function readRevision(app: App, revision: Revision, replicas: readonly ReplicaStatus[]): object {
  const { phase, error } = revision;
  return {
    id: `${app.id}/revisions/${revision.name}`,
    name: revision.name,
    type: "Microsoft.App/containerapps/revisions",
    properties: {
      createdTime: revision.createdTime,
      lastActiveTime: revision.lastActiveTime,
      fqdn: app.fqdn ?? "",
      template: readTemplate(revision.template),
      active: isActive(revision),
      replicas: replicas.length,
      trafficWeight: weighted(app) === revision.name ? 100 : 0,
      healthState: health(revision, replicas),
      provisioningState: error === undefined ? "Provisioned" : "Failed",
      // A state that the API model does not list and the service answers (microsoft/vscode-azurecontainerapps #1088).
      runningState: phase === "Running" && replicas.length === 0 ? "ScaledToZero" : phase,
      ...(error === undefined ? {} : { provisioningError: error }),
      ...(phase === "Failed" ? { runningStateDetails: `${replicas.length}/${replicas.length} ${error}` } : {}),
    },
  };
}

/** In single mode the weight is the latest revision's, also while it starts or has failed and another one serves. */
const weighted = (app: App): string | undefined =>
  app.body.properties.configuration.activeRevisionsMode === "Single" && !app.stopped ? app.latest : trafficTarget(app);

function health({ phase }: Revision, replicas: readonly ReplicaStatus[]): string {
  if (phase === "Failed") return "Unhealthy";
  if (phase !== "Running" || replicas.length === 0) return "None";
  return replicas.some(({ ready }) => ready) ? "Healthy" : "Unhealthy";
}

/** A container that ended and will be started again: a public capture of one that fails its startup probe. */
const crashing = {
  runningState: "Waiting",
  runningStateDetails: "Container is waiting with reason: CrashLoopBackOff on legion.",
};

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
        ...(runningState === "NotRunning" ? crashing : { runningState: "Running", runningStateDetails: "" }),
        logStreamEndpoint: `${origin}${id.replace("/providers/Microsoft.App/containerapps/", "/containerApps/")}/containers/${name}/logstream`,
        execEndpoint: "",
      })),
      initContainers: [],
    },
  };
}
