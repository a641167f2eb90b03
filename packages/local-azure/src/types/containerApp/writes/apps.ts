import type { Cloud } from "../../../arm/cloud.ts";
import { errors } from "../../../arm/errors.ts";
import type { Operation } from "../../../arm/operations.ts";
import { normalizeLocation, refuseMove } from "../../../arm/regions.ts";
import { key, resourceId, stamp } from "../../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../../arm/router.ts";
import { environments } from "../../managedEnvironment/model.ts";
import { workloadProfile } from "../../managedEnvironment/rules.ts";
import { findGroup, inGroup, lookInGroup } from "../../resourceGroup/model.ts";
import { type App, type AppBody, apps, isActive, latestReadyRevision, latestRevision, type } from "../model/app.ts";
import { SystemLog } from "../model/systemLog.ts";
import { findApp } from "../reads/apps.ts";
import { readApp } from "../reads/readApp.ts";
import { nextBody } from "../rules/nextBody.ts";
import { nextRevision } from "../rules/nextRevision.ts";
import { refusal } from "../rules/refusal.ts";
import { secretsInUse } from "../rules/secretsInUse.ts";
import { begin, guard, longRunning } from "./operation.ts";
import { launch, rollOut, stopRevision, tearDown } from "./rollout.ts";

/** Creates or replaces an app: 201 with its state while the operation runs. */
export function putApp(cloud: Cloud, call: ArmCall): ArmReply {
  const { group, app: name } = call.params as { group: string; app: string };
  const { name: groupName } = findGroup(cloud, group, true);
  const id = resourceId(groupName, "Microsoft.App/containerapps", name);
  const existing = apps(cloud).get(key(id));
  const body = accept(cloud, call, name, existing);
  const location = normalizeLocation(body.location);
  refuseMove(existing, name, location);
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
  apps(cloud).set(key(id), app);
  const operation = change(cloud, call, app, body);
  return { status: 201, body: readApp(app, call.origin), headers: longRunning(call, app, operation) };
}

/** Updates an app: 202 with an empty body and both operation URLs, as in recordings of Azure. */
export function patchApp(cloud: Cloud, call: ArmCall): ArmReply {
  const app = findApp(cloud, call);
  findGroup(cloud, app.group, true);
  const body = accept(cloud, call, app.name, app);
  const operation = change(cloud, call, app, body);
  return { status: 202, headers: longRunning(call, app, operation) };
}

/** Deletes an app: 202, or 204 if it doesn't exist, as ARM does. */
export function deleteApp(cloud: Cloud, call: ArmCall): ArmReply {
  const { group, app: name } = call.params as { group: string; app: string };
  const app = lookInGroup(cloud, apps(cloud), type, group, name);
  if (app === undefined) return { status: 204 };
  guard(app, call);
  app.provisioningState = "Deleting";
  const operation = begin(cloud, app, () => removeApp(cloud, app));
  return { status: 202, headers: longRunning(call, app, operation) };
}

/** Stops the app's replicas, closes its ingress and removes it. */
async function removeApp(cloud: Cloud, app: App): Promise<void> {
  await tearDown(cloud, app);
  apps(cloud).delete(key(app.id));
}

/** Stops all replicas. Keeps ingress, revisions and configuration. */
export function stopApp(cloud: Cloud, call: ArmCall): ArmReply {
  const app = guard(findApp(cloud, call), call);
  const operation = begin(cloud, app, async () => {
    app.stopped = true;
    for (const revision of app.revisions.filter(isActive)) stopRevision(cloud, app, revision);
  });
  return { status: 202, headers: longRunning(call, app, operation) };
}

/** Starts the latest and the latest ready revision, or a new one if the template has changed since the stop. */
export function startApp(cloud: Cloud, call: ArmCall): ArmReply {
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

/** Validates a write before anything changes. @throws {ArmError} if it is refused */
function accept(cloud: Cloud, call: ArmCall, name: string, existing: App | undefined): AppBody {
  if (existing !== undefined) guard(existing, call);
  const body = nextBody(cloud.validator, call.method, call.body, existing?.body);
  const { environmentId, workloadProfileName: asked } = body.properties;
  const environment = environments(cloud).get(key(environmentId));
  const refused = refusal(name, body, environment?.properties) ?? secretsInUse(existing, body);
  if (refused !== undefined) throw refused;
  if (environment === undefined) throw errors.environmentNotFound(environmentId);
  const profile = workloadProfile(environment, asked);
  const none = { name, revisions: [], latest: undefined, latestReady: undefined };
  const step = nextRevision(existing ?? none, body.properties.template);
  if (step.kind === "nameTaken") {
    throw errors.invalid(
      "ContainerAppRevisionSuffixInUse",
      `Revision '${step.name}' already exists. Set properties.template.revisionSuffix to an unused value.`,
    );
  }
  return profile === undefined ? body : { ...body, properties: { ...body.properties, workloadProfileName: profile } };
}

function change(cloud: Cloud, call: ArmCall, app: App, body: AppBody): Operation {
  Object.assign(app, { body, tags: body.tags, provisioningState: "InProgress", ...stamp(call.caller, app.systemData) });
  const step = nextRevision(app, body.properties.template);
  app.log.add({ reason: "ContainerAppUpdate", message: `Updating containerApp: ${app.name}` });
  return begin(cloud, app, () => rollOut(cloud, app, step));
}

/** Waits for the operations on all apps of the group, then removes the apps. */
export async function removeAppsOf(cloud: Cloud, group: string): Promise<void> {
  const found = inGroup([...apps(cloud).values()], group);
  await Promise.all(found.map(({ operation }) => operation && cloud.operations.find(operation).done));
  await Promise.all(found.map((app) => removeApp(cloud, app)));
}
