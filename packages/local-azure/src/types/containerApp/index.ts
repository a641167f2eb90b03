import { listRoutes, type ResourceRoute, type ResourceType, scope } from "../../arm/cloud.ts";
import { key } from "../../arm/resource.ts";
import { versions } from "../managedEnvironment/model.ts";
import { apps, type } from "./model/app.ts";
import { getApp, listApps, listSecrets } from "./reads/apps.ts";
import { getAuthToken, streamEvents, streamLogs } from "./reads/logs.ts";
import { getReplica, getRevision, listReplicas, listRevisions } from "./reads/revisions.ts";
import { deleteApp, patchApp, putApp, removeAppsOf, startApp, stopApp } from "./writes/apps.ts";
import { activateRevision, deactivateRevision, restartRevision } from "./writes/revisions.ts";

const one = `${scope.group}/providers/${type}/{app}`;
const revision = `${one}/revisions/{revision}`;
const replica = `${revision}/replicas/{replica}`;

/** On Azure the data plane serves log streams, at a shorter path and without an API version. */
const streams = `${scope.group}/containerApps/{app}`;
const logStream = `${streams}/revisions/{revision}/replicas/{replica}/containers/{container}/logstream`;

const appRoutes: readonly ResourceRoute[] = [
  ...listRoutes(type, listApps),
  ["PUT", one, putApp],
  ["PATCH", one, patchApp],
  ["GET", one, getApp],
  ["DELETE", one, deleteApp],
  ["POST", `${one}/listSecrets`, listSecrets],
  ["POST", `${one}/getAuthToken`, getAuthToken],
  ["POST", `${one}/start`, startApp],
  ["POST", `${one}/stop`, stopApp],
];

const revisionRoutes: readonly ResourceRoute[] = [
  ["GET", `${one}/revisions`, listRevisions],
  ["GET", revision, getRevision],
  ["POST", `${revision}/restart`, restartRevision],
  ["POST", `${revision}/activate`, activateRevision],
  ["POST", `${revision}/deactivate`, deactivateRevision],
  ["GET", `${revision}/replicas`, listReplicas],
  ["GET", replica, getReplica],
];

const streamRoutes: readonly ResourceRoute[] = [
  ["GET", logStream, streamLogs, "none"],
  ["GET", `${streams}/eventstream`, streamEvents, "none"],
];

/** Container apps with their revisions, replicas and logs. */
export const app: ResourceType = {
  type,
  versions,
  routes: [...appRoutes, ...revisionRoutes, ...streamRoutes],
  list: (cloud) => [...apps(cloud).values()],
  usersOf: (cloud, id) =>
    [...apps(cloud).values()]
      .filter(({ body }) => key(body.properties.environmentId) === key(id))
      .map(({ name }) => name),
  onGroupDelete: removeAppsOf,
};
