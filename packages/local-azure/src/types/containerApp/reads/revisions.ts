import type { Cloud } from "../../../arm/cloud.ts";
import { errors } from "../../../arm/errors.ts";
import { key } from "../../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../../arm/router.ts";
import type { App, Revision } from "../model/app.ts";
import { findApp } from "./apps.ts";
import { readReplica, readRevision } from "./readRevision.ts";

/** @throws {ArmError} 404 if the group, the app or the revision doesn't exist. */
export function findRevision(cloud: Cloud, call: ArmCall): { app: App; revision: Revision } {
  const app = findApp(cloud, call);
  const wanted = call.params.revision ?? "";
  const revision = app.revisions.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (revision === undefined) throw errors.revisionNotFound(wanted, app.name);
  return { app, revision };
}

const replicasOf = (cloud: Cloud, app: App, revision: Revision) => cloud.dataPlane.replicas(key(app.id), revision.name);

export const listRevisions = (cloud: Cloud, call: ArmCall): ArmReply => {
  const app = findApp(cloud, call);
  const value = app.revisions.map((revision) => readRevision(app, revision, replicasOf(cloud, app, revision)));
  return { status: 200, body: { value } };
};

export const getRevision = (cloud: Cloud, call: ArmCall): ArmReply => {
  const { app, revision } = findRevision(cloud, call);
  return { status: 200, body: readRevision(app, revision, replicasOf(cloud, app, revision)) };
};

export const listReplicas = (cloud: Cloud, call: ArmCall): ArmReply => {
  const { app, revision } = findRevision(cloud, call);
  const value = replicasOf(cloud, app, revision).map((replica) => readReplica(app, revision, replica, call.origin));
  return { status: 200, body: { value } };
};

export const getReplica = (cloud: Cloud, call: ArmCall): ArmReply => {
  const { app, revision } = findRevision(cloud, call);
  const wanted = call.params.replica ?? "";
  const replica = replicasOf(cloud, app, revision).find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (replica === undefined) throw errors.replicaNotFound(wanted, revision.name);
  return { status: 200, body: readReplica(app, revision, replica, call.origin) };
};
