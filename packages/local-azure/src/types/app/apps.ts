import { type ArmError, errors } from "../../arm/errors.ts";
import { type App, type AppBody, isActive, key, latestReadyRevision, latestRevision } from "../../arm/model.ts";
import { type Operation, operationHeaders } from "../../arm/operations.ts";
import type { Call, Reply } from "../../arm/router.ts";
import { type Cloud, find, findGroup, inGroup, normaliseLocation, resourceId, stamp } from "../../arm/store.ts";
import { workloadProfile } from "../environment/environments.ts";
import { nextRevision } from "../revision/nextRevision.ts";
import { launch, rollOut, stopRevision, tearDown } from "../revision/rollout.ts";
import { SystemLog } from "../revision/systemLog.ts";
import { nextBody } from "./appBody.ts";
import { readApp } from "./appReads.ts";
import { refusal } from "./appRules.ts";

/** `Microsoft.App/containerApps`: create, read, change, delete, start and stop. */

const type = "Microsoft.App/containerApps";

export const findApp = (cloud: Cloud, { params }: Call): App =>
  find(cloud, cloud.apps, type, params.group ?? "", params.app ?? "");

export const getApp = (cloud: Cloud, call: Call): Reply => {
  const app = findApp(cloud, call);
  return { status: 200, body: readApp(app, call.origin), headers: { etag: app.etag } };
};

/** Of the group, or of the subscription where the path names none. */
export const listApps = (cloud: Cloud, call: Call): Reply => {
  const { group } = call.params;
  if (group !== undefined) findGroup(cloud, group);
  const apps = group === undefined ? [...cloud.apps.values()] : inGroup(cloud.apps, group);
  return { status: 200, body: { value: apps.map((app) => readApp(app, call.origin)) } };
};

/** The one read that returns secret values, as a POST. */
export const listSecrets = (cloud: Cloud, call: Call): Reply => {
  const { secrets } = findApp(cloud, call).body.properties.configuration;
  return { status: 200, body: { value: (secrets ?? []).map(({ name, value }) => ({ name, value })) } };
};

/** 201 with the app as it is while the operation runs. */
export function putApp(cloud: Cloud, call: Call): Reply {
  const { group, app: name } = call.params as { group: string; app: string };
  const { name: groupName } = findGroup(cloud, group, true);
  const id = resourceId(groupName, "Microsoft.App/containerapps", name);
  const existing = cloud.apps.get(key(id));
  const body = accept(cloud, call, name, existing);
  const location = normaliseLocation(body.location);
  if (existing !== undefined && existing.location !== location) {
    throw errors.locationConflict(name, existing.location, location);
  }
  const fresh = {
    revisions: [],
    stopped: false,
    fqdn: undefined,
    latest: undefined,
    latestReady: undefined,
    deploymentErrors: undefined,
    routed: undefined,
    log: new SystemLog(),
  };
  const app: App =
    existing ??
    ({
      id,
      name,
      group: groupName,
      location,
      tags: body.tags,
      body,
      ...stamp(call.caller),
      provisioningState: "InProgress",
      operation: undefined,
      ...fresh,
    } satisfies App);
  cloud.apps.set(key(id), app);
  const operation = change(cloud, call, app, body);
  return { status: 201, body: readApp(app, call.origin), headers: longRunning(call, app, operation) };
}

/** 202 with an empty body and both addresses, as recorded from Azure. */
export function patchApp(cloud: Cloud, call: Call): Reply {
  const app = findApp(cloud, call);
  findGroup(cloud, app.group, true);
  const body = accept(cloud, call, app.name, app);
  const operation = change(cloud, call, app, body);
  return { status: 202, headers: longRunning(call, app, operation) };
}

/** 202; 204 where there is nothing to delete, as ARM answers. */
export function deleteApp(cloud: Cloud, call: Call): Reply {
  const { group, app: name } = call.params as { group: string; app: string };
  const app = cloud.apps.get(key(resourceId(findGroup(cloud, group).name, "Microsoft.App/containerapps", name)));
  if (app === undefined) return { status: 204 };
  guard(app, call);
  app.provisioningState = "Deleting";
  const operation = begin(cloud, app, () => removeApp(cloud, app));
  return { status: 202, headers: longRunning(call, app, operation) };
}

/** Ends the app's replicas and ingress and forgets it. */
export async function removeApp(cloud: Cloud, app: App): Promise<void> {
  await tearDown(cloud, app);
  cloud.apps.delete(key(app.id));
}

/** Ends all replicas; ingress, revisions and configuration stay. */
export function stopApp(cloud: Cloud, call: Call): Reply {
  const app = guard(findApp(cloud, call), call);
  const operation = begin(cloud, app, async () => {
    app.stopped = true;
    await Promise.all(app.revisions.filter(isActive).map((one) => stopRevision(cloud, app, one)));
  });
  return { status: 202, headers: longRunning(call, app, operation) };
}

/** Starts the latest revision again and the one that served, or a new one if the template was changed meanwhile. */
export function startApp(cloud: Cloud, call: Call): Reply {
  const app = guard(findApp(cloud, call), call);
  const operation = begin(cloud, app, async () => {
    if (!app.stopped) return;
    app.stopped = false;
    const step = nextRevision(app, app.body.properties.template);
    const before = step.kind === "keep" ? [latestReadyRevision(app), latestRevision(app)] : [];
    for (const revision of new Set(before)) if (revision !== undefined) launch(cloud, app, revision);
    await rollOut(cloud, app, step);
  });
  return { status: 202, headers: longRunning(call, app, operation) };
}

/** Validates a write completely before anything changes. */
function accept(cloud: Cloud, call: Call, name: string, existing: App | undefined): AppBody {
  if (existing !== undefined) guard(existing, call);
  const body = nextBody(cloud.validator, call.method, call.body, existing?.body);
  const { environmentId, workloadProfileName: asked } = body.properties;
  const refused = refusal(name, body);
  if (refused !== undefined) throw refused;
  const environment = cloud.environments.get(key(environmentId));
  if (environment === undefined) throw errors.environmentNotFound(environmentId);
  const profile = workloadProfile(environment, asked);
  const none = { name, revisions: [], latest: undefined, latestReady: undefined };
  const step = nextRevision(existing ?? none, body.properties.template);
  if (step.kind === "nameTaken") {
    throw errors.invalid(
      "ContainerAppRevisionSuffixInUse",
      `Revision with suffix ${body.properties.template.revisionSuffix} already exists.`,
    );
  }
  return profile === undefined ? body : { ...body, properties: { ...body.properties, workloadProfileName: profile } };
}

/** A write waits for no other: 409 while an operation runs, 412 where If-Match names another state. */
export function guard(app: App, call: Call): App {
  if (app.operation !== undefined) throw errors.operationInProgress(app.name);
  const expected = call.headers["if-match"];
  if (typeof expected === "string" && expected !== "*" && expected !== app.etag)
    throw errors.preconditionFailed(expected);
  return app;
}

function change(cloud: Cloud, call: Call, app: App, body: AppBody): Operation {
  Object.assign(app, { body, tags: body.tags, provisioningState: "InProgress", ...stamp(call.caller, app.systemData) });
  const step = nextRevision(app, body.properties.template);
  app.log.add({ reason: "ContainerAppUpdate", message: `Updating containerApp: ${app.name}` });
  return begin(cloud, app, () => rollOut(cloud, app, step));
}

/** Runs work as the app's one operation. */
export function begin(cloud: Cloud, app: App, work: () => Promise<void>): Operation {
  const deleting = app.provisioningState === "Deleting";
  const finish = (state: App["provisioningState"], error?: ArmError): void => {
    app.operation = undefined;
    app.provisioningState = state;
    app.deploymentErrors = error?.message;
  };
  const operation = cloud.operations.start(work, {
    ...(deleting ? {} : { result: (origin: string) => readApp(app, origin) }),
    succeeded: () => finish("Succeeded"),
    failed: (error: ArmError) => {
      finish("Failed", error);
      cloud.log(`${app.name}: ${deleting ? "delete" : "operation"} failed: ${error.message}`);
    },
  });
  app.operation = operation.id;
  return operation;
}

const longRunning = (call: Call, app: App, operation: Operation): Record<string, string> => ({
  etag: app.etag,
  "x-ms-async-operation-timeout": "PT15M",
  ...operationHeaders(call, operation, app.location),
});
