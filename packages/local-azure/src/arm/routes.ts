import { deleteApp, getApp, listApps, listSecrets, patchApp, putApp, startApp, stopApp } from "../types/app/apps.ts";
import {
  deleteDiagnosticSetting,
  getDiagnosticSetting,
  putDiagnosticSetting,
} from "../types/diagnosticSetting/diagnosticSettings.ts";
import {
  deleteEnvironment,
  getEnvironment,
  listEnvironments,
  patchEnvironment,
  putEnvironment,
} from "../types/environment/environments.ts";
import {
  deleteGroup,
  getGroup,
  headGroup,
  listGroups,
  listResources,
  patchGroup,
  putGroup,
} from "../types/group/groups.ts";
import { getAuthToken, streamEvents, streamLogs } from "../types/revision/logs.ts";
import {
  activateRevision,
  deactivateRevision,
  getReplica,
  getRevision,
  listReplicas,
  listRevisions,
  restartRevision,
} from "../types/revision/revisions.ts";
import {
  deleteWorkspace,
  getWorkspace,
  listWorkspaces,
  putWorkspace,
  sharedKeys,
} from "../types/workspace/workspaces.ts";
import { errors } from "./errors.ts";
import { statusReply } from "./operations.ts";
import type { Call, Reply, Route } from "./router.ts";
import type { Cloud } from "./store.ts";
import {
  getProvider,
  getSubscription,
  listLocations,
  listProviders,
  listSubscriptions,
  listTenants,
  versions,
} from "./subscriptions.ts";
import { identity } from "./token.ts";

type Handler = (cloud: Cloud, call: Call) => Reply | Promise<Reply>;
type Entry = readonly [method: string, path: string, handle: Handler];

const subscription = "/subscriptions/{subscription}";
const group = `${subscription}/resourcegroups/{group}`;
const app = "/providers/Microsoft.App";
const containerApp = `${group}${app}/containerApps/{app}`;
const revision = `${containerApp}/revisions/{revision}`;
const environment = `${group}${app}/managedEnvironments/{environment}`;
const insights = "/providers/Microsoft.OperationalInsights/workspaces";
const workspace = `${group}${insights}/{workspace}`;
const diagnosticSetting = `${environment}/providers/Microsoft.Insights/diagnosticSettings/{setting}`;
const location = `${subscription}${app}/locations/{location}`;

/** Everything that is modelled, in the order in which it is tried. What fits none is 501. */
const table: Readonly<Record<"any" | "none" | "workspaces" | "diagnosticSettings" | "app", readonly Entry[]>> = {
  any: [
    ["GET", "/subscriptions", listSubscriptions],
    ["GET", "/tenants", listTenants],
    ["GET", subscription, getSubscription],
    ["GET", `${subscription}/locations`, listLocations],
    ["GET", `${subscription}/providers`, listProviders],
    ["GET", `${subscription}/providers/{namespace}`, (_cloud, { params }) => getProvider(params.namespace ?? "")],
    [
      "POST",
      `${subscription}/providers/{namespace}/register`,
      (_cloud, { params }) => getProvider(params.namespace ?? ""),
    ],
    ["GET", `${subscription}/resources`, listResources],
    ["GET", `${subscription}/resourcegroups`, listGroups],
    ["PUT", group, putGroup],
    ["PATCH", group, patchGroup],
    ["GET", group, getGroup],
    ["HEAD", group, headGroup],
    ["DELETE", group, deleteGroup],
    ["GET", `${group}/resources`, listResources],
    ["GET", `${subscription}/operationresults/{operation}`, operationResult],
  ],
  none: [
    // Log streams are the data plane's on Azure, with a shorter path and no version.
    [
      "GET",
      `${group}/containerApps/{app}/revisions/{revision}/replicas/{replica}/containers/{container}/logstream`,
      streamLogs,
    ],
    ["GET", `${group}/containerApps/{app}/eventstream`, streamEvents],
  ],
  workspaces: [
    ["GET", `${subscription}${insights}`, listWorkspaces],
    ["GET", `${group}${insights}`, listWorkspaces],
    ["PUT", workspace, putWorkspace],
    ["GET", workspace, getWorkspace],
    ["DELETE", workspace, deleteWorkspace],
    ["POST", `${workspace}/sharedKeys`, sharedKeys],
  ],
  diagnosticSettings: [
    ["PUT", diagnosticSetting, putDiagnosticSetting],
    ["GET", diagnosticSetting, getDiagnosticSetting],
    ["DELETE", diagnosticSetting, deleteDiagnosticSetting],
  ],
  app: [
    ["GET", `${subscription}${app}/managedEnvironments`, listEnvironments],
    ["GET", `${group}${app}/managedEnvironments`, listEnvironments],
    ["PUT", environment, putEnvironment],
    ["PATCH", environment, patchEnvironment],
    ["GET", environment, getEnvironment],
    ["DELETE", environment, deleteEnvironment],
    ["GET", `${subscription}${app}/containerApps`, listApps],
    ["GET", `${group}${app}/containerApps`, listApps],
    ["PUT", containerApp, putApp],
    ["PATCH", containerApp, patchApp],
    ["GET", containerApp, getApp],
    ["DELETE", containerApp, deleteApp],
    ["POST", `${containerApp}/listSecrets`, listSecrets],
    ["POST", `${containerApp}/getAuthToken`, getAuthToken],
    ["POST", `${containerApp}/start`, startApp],
    ["POST", `${containerApp}/stop`, stopApp],
    ["GET", `${containerApp}/revisions`, listRevisions],
    ["GET", revision, getRevision],
    ["POST", `${revision}/restart`, restartRevision],
    ["POST", `${revision}/activate`, activateRevision],
    ["POST", `${revision}/deactivate`, deactivateRevision],
    ["GET", `${revision}/replicas`, listReplicas],
    ["GET", `${revision}/replicas/{replica}`, getReplica],
    ["GET", `${location}/containerappOperationStatuses/{operation}`, operationStatus],
    ["GET", `${location}/containerappOperationResults/{operation}`, operationResult],
    ["GET", `${location}/managedEnvironmentOperationStatuses/{operation}`, operationStatus],
    ["GET", `${location}/managedEnvironmentOperationResults/{operation}`, operationResult],
  ],
};

/** The table as routes of this cloud: one subscription, each type with its own versions. */
export function createRoutes(cloud: Cloud): readonly Route[] {
  const route =
    (supported: Route["versions"]) =>
    ([method, path, handle]: Entry): Route => ({
      method,
      path,
      versions: supported,
      handle: async (call) => {
        const named = call.params.subscription;
        if (named !== undefined && named !== identity.subscription) throw errors.wrongTenant(named);
        const reply = await handle(cloud, call);
        if (typeof supported === "string") return reply;
        return { ...reply, headers: { "api-supported-versions": supported.join(", "), ...reply.headers } };
      },
    });
  return [
    ...table.any.map(route("any")),
    ...table.none.map(route("none")),
    ...table.workspaces.map(route(versions.workspaces)),
    ...table.diagnosticSettings.map(route(versions.diagnosticSettings)),
    ...table.app.map(route(versions.app)),
  ];
}

async function operationStatus(cloud: Cloud, call: Call): Promise<Reply> {
  const operation = cloud.operations.find(call.params.operation ?? "");
  await cloud.operations.settle(operation);
  return statusReply(operation, call.path);
}

/** The Location of a long operation: 202 while it runs, then what it came to. */
async function operationResult(cloud: Cloud, call: Call): Promise<Reply> {
  const operation = cloud.operations.find(call.params.operation ?? "");
  await cloud.operations.settle(operation);
  if (operation.status === "InProgress") {
    const again = `${call.origin}${call.path}?${call.query}`;
    return { status: 202, headers: { location: again, "retry-after": "0" } };
  }
  if (operation.error !== undefined) throw errors.invalid(operation.error.code, operation.error.message);
  return operation.result === undefined ? { status: 204 } : { status: 200, body: operation.result(call.origin) };
}
