import { errors } from "../../arm/errors.ts";
import { type App, isActive, key, type Revision } from "../../arm/model.ts";
import type { Call, Reply } from "../../arm/router.ts";
import type { Cloud } from "../../arm/store.ts";
import { readReplica, readRevision } from "../app/appReads.ts";
import { begin, findApp, guard } from "../app/apps.ts";
import { revisionSpec } from "./revisionSpec.ts";
import { launch, stopRevision } from "./rollout.ts";

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

/** The answer that the CLI prints: azure-cli's recordings. */
const succeeded = (what: "Restart" | "Activate" | "Deactivate"): Reply => ({
  status: 200,
  body: `${what} succeeded`,
});

/** Replicas that serve restart one after the other, with the secrets as they are now; a revision that does not serve starts anew. */
export async function restartRevision(cloud: Cloud, call: Call): Promise<Reply> {
  const { app, revision } = find(cloud, call);
  guard(app, call);
  if (!isActive(revision)) {
    throw errors.invalid("RevisionNotActive", `Revision '${revision.name}' is not active; activate it first.`);
  }
  if (revision.phase !== "Running") {
    launch(cloud, app, revision);
    return succeeded("Restart");
  }
  const spec = revisionSpec(app, revision.name, revision.template);
  await run(cloud, app, () => cloud.dataPlane.restartRevision(spec));
  return succeeded("Restart");
}

/** Starts its replicas. In single mode an earlier one can be active again too, without traffic. */
export function activateRevision(cloud: Cloud, call: Call): Reply {
  const { app, revision } = find(cloud, call);
  guard(app, call);
  if (app.stopped) {
    const message = `Revision '${revision.name}' cannot be activated: the app is stopped; start it.`;
    throw errors.invalid("RevisionActivationNotAllowed", message);
  }
  if (!isActive(revision)) launch(cloud, app, revision);
  return succeeded("Activate");
}

/** Drains and ends its replicas; the answer comes when they are gone. */
export async function deactivateRevision(cloud: Cloud, call: Call): Promise<Reply> {
  const { app, revision } = find(cloud, call);
  guard(app, call);
  if (isActive(revision)) await run(cloud, app, () => stopRevision(cloud, app, revision));
  return succeeded("Deactivate");
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
