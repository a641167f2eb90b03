import type { ReplicaStatus } from "../../../dataPlane/contract/dataPlane.ts";
import { type App, isActive, type Revision, trafficTarget } from "../model/app.ts";
import { readTemplate } from "./readTemplate.ts";

/**
 * Returns a revision as Azure does. A starting one is Provisioned and Activating (azure-cli's recordings). A failed one
 * stays active and keeps its replicas (public captures of a crashing container, and of one that fails its startup
 * probe).
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
      // Azure returns ScaledToZero although the API model doesn't list it (microsoft/vscode-azurecontainerapps #1088).
      runningState: phase === "Running" && replicas.length === 0 ? "ScaledToZero" : phase,
      ...(error === undefined ? {} : { provisioningError: error }),
      ...(phase === "Failed" ? { runningStateDetails: `${replicas.length}/${replicas.length} ${error}` } : {}),
    },
  };
}

/** In single mode the latest revision has the weight, even if it is starting or has failed and another one serves. */
const weighted = (app: App): string | undefined =>
  app.body.properties.configuration.activeRevisionsMode === "Single" && !app.stopped ? app.latest : trafficTarget(app);

function health({ phase }: Revision, replicas: readonly ReplicaStatus[]): string {
  if (phase === "Failed") return "Unhealthy";
  if (phase !== "Running" || replicas.length === 0) return "None";
  return replicas.some(({ ready }) => ready) ? "Healthy" : "Unhealthy";
}

/** A container that has ended and will restart: public capture of one that fails its startup probe. */
const crashing = {
  runningState: "Waiting",
  runningStateDetails: "Container is waiting with reason: CrashLoopBackOff on legion.",
};

/** Returns a replica as Azure does. All containers of the template have the state of its one process. */
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
