import { readReplica, readRevision } from "./appReads.ts";
import { begin, findApp, guard } from "./apps.ts";
import { errors } from "./errors.ts";
import { type App, key, latest, type Revision } from "./model.ts";
import { revisionSpec } from "./revisionSpec.ts";
import { routeTraffic, startRevision, stopRevision } from "./rollout.ts";
import type { Call, Reply } from "./router.ts";
import type { Cloud } from "./store.ts";

/** Revisions and replicas of a container app. */

function find(cloud: Cloud, call: Call): { app: App; revision: Revision } {
  const app = findApp(cloud, call);
  const wanted = call.params.revision ?? "";
  const revision = app.revisions.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (revision === undefined) throw errors.revisionNotFound(wanted, app.name);
  return { app, revision };
}

const replicasOf = (cloud: Cloud, app: App, revision: Revision) => cloud.dataPlane.replicas(key(app.id), revision.name);

export const listRevisions = (cloud: Cloud, call: Call): Reply => {
  const app = findApp(cloud, call);
  const value = app.revisions.map((revision) => readRevision(app, revision, replicasOf(cloud, app, revision)));
  return { status: 200, body: { value } };
};

export const getRevision = (cloud: Cloud, call: Call): Reply => {
  const { app, revision } = find(cloud, call);
  return { status: 200, body: readRevision(app, revision, replicasOf(cloud, app, revision)) };
};

/** The answer that the CLI prints. */
const succeeded: Reply = { status: 200, body: "Succeeded" };

/** Replicas restart one after the other, with the secrets as they are now. */
export async function restartRevision(cloud: Cloud, call: Call): Promise<Reply> {
  const { app, revision } = find(cloud, call);
  guard(app, call);
  if (!revision.running) {
    throw errors.invalid("RevisionNotActive", `Revision '${revision.name}' is not active; activate it first.`);
  }
  const spec = revisionSpec(app, revision.name, revision.template);
  await run(cloud, app, () => cloud.dataPlane.restartRevision(spec));
  return succeeded;
}

/** Where several may be active any of them; in single mode the latest one, where it was deactivated. */
export async function activateRevision(cloud: Cloud, call: Call): Promise<Reply> {
  const { app, revision } = find(cloud, call);
  guard(app, call);
  if (revision.running) return succeeded;
  const refused = activationRefusal(app, revision);
  if (refused !== undefined) {
    throw errors.invalid("RevisionActivationNotAllowed", `Revision '${revision.name}' cannot be activated: ${refused}`);
  }
  await run(cloud, app, async () => {
    await startRevision(cloud, app, revision);
    routeTraffic(cloud, app);
  });
  return succeeded;
}

function activationRefusal(app: App, revision: Revision): string | undefined {
  if (app.stopped) return "the app is stopped; start it.";
  const newest = latest(app)?.name ?? "";
  if (app.body.properties.configuration.activeRevisionsMode !== "Single" || revision.name === newest) return undefined;
  return `the app is in single revision mode, where only its latest revision, '${newest}', can be active.`;
}

/** Drains and ends its replicas; the answer comes when they are gone. */
export async function deactivateRevision(cloud: Cloud, call: Call): Promise<Reply> {
  const { app, revision } = find(cloud, call);
  guard(app, call);
  if (revision.active) await run(cloud, app, () => stopRevision(cloud, app, revision));
  return succeeded;
}

/** Waits for the work, as the app's operation, so that a write beside it is refused. */
async function run(cloud: Cloud, app: App, work: () => Promise<void>): Promise<void> {
  const operation = begin(cloud, app, work);
  await operation.done;
  if (operation.error !== undefined) throw errors.invalid(operation.error.code, operation.error.message);
}

export const listReplicas = (cloud: Cloud, call: Call): Reply => {
  const { app, revision } = find(cloud, call);
  const value = replicasOf(cloud, app, revision).map((replica) => readReplica(app, revision, replica, call.origin));
  return { status: 200, body: { value } };
};

export const getReplica = (cloud: Cloud, call: Call): Reply => {
  const { app, revision } = find(cloud, call);
  const wanted = call.params.replica ?? "";
  const replica = replicasOf(cloud, app, revision).find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (replica === undefined) throw errors.replicaNotFound(wanted, revision.name);
  return { status: 200, body: readReplica(app, revision, replica, call.origin) };
};
