import type { Cloud } from "../../../arm/cloud.ts";
import { errors } from "../../../arm/errors.ts";
import { key } from "../../../arm/resource.ts";
import { RevisionStopped } from "../../../dataPlane/contract/dataPlane.ts";
import { type App, isActive, latestReadyRevision, latestRevision, type Revision, trafficTarget } from "../model/app.ts";
import type { RevisionStep } from "../rules/nextRevision.ts";
import { ingressSpec, revisionSpec } from "./revisionSpec.ts";

/**
 * Applies an app's body to the data plane: first the ingress, which gives the app its address, then the revision. As on
 * Azure, it doesn't wait for the revision to become ready.
 *
 * @throws {ArmError} before anything changes, if an image of a new revision can't be pulled.
 */
export async function rollOut(cloud: Cloud, app: App, step: RevisionStep): Promise<void> {
  if (step.kind === "new" && !app.stopped) requireImages(cloud, app);
  await applyIngress(cloud, app);
  const latest = latestRevision(app);
  const retried = step.kind === "keep" && latest?.phase === "Failed";
  if (step.kind === "new" && !app.stopped) startNew(cloud, app, step.name);
  if (step.kind === "back") goBack(cloud, app, step.name);
  if (retried) launch(cloud, app, latest);
  if (app.body.properties.configuration.activeRevisionsMode === "Single") retireOld(cloud, app);
  routeTraffic(cloud, app);
  const done = { reason: "ContainerAppReady" } as const;
  if (step.kind === "keep" && !retried)
    app.log.add({ ...done, message: "No revision restart or provisioning was needed." });
  app.log.add({ ...done, message: `Successfully updated containerApp: ${app.name}` });
}

function requireImages(cloud: Cloud, app: App): void {
  for (const { name = "", image = "" } of app.body.properties.template.containers ?? []) {
    if (!cloud.faults.forImage(image)) continue;
    const error = errors.imageNotFound(app.name, name, image);
    app.log.add({ reason: "Error", message: error.message });
    throw error;
  }
}

async function applyIngress(cloud: Cloud, app: App): Promise<void> {
  const ingress = ingressSpec(app, app.body);
  if (ingress !== undefined) {
    const { fqdn } = await cloud.dataPlane.openIngress(ingress);
    app.fqdn = fqdn;
  } else if (app.fqdn !== undefined) {
    await cloud.dataPlane.closeIngress(key(app.id));
    app.fqdn = undefined;
  }
}

function startNew(cloud: Cloud, app: App, name: string): void {
  const now = new Date().toISOString();
  const revision: Revision = {
    name,
    template: structuredClone(app.body.properties.template),
    createdTime: now,
    lastActiveTime: now,
    phase: "Stopped",
    error: undefined,
    start: undefined,
  };
  app.revisions.push(revision);
  app.latest = name;
  app.log.add({ reason: "RevisionCreation", message: `Creating a new revision: ${name}`, revision: name });
  launch(cloud, app, revision);
}

/** Makes an earlier revision the latest again and stops the later ones. Its replicas, and their sessions, stay. */
function goBack(cloud: Cloud, app: App, name: string): void {
  app.latest = name;
  const later = app.revisions.slice(app.revisions.findIndex((revision) => revision.name === name) + 1);
  for (const revision of later.filter(isActive)) stopRevision(cloud, app, revision);
}

/**
 * Starts a revision's replicas, after stopping any that it has. Returns immediately; {@link follow} handles the
 * outcome.
 */
export function launch(cloud: Cloud, app: App, revision: Revision): void {
  const start = Symbol(revision.name);
  const restart = isActive(revision);
  Object.assign(revision, { phase: "Activating", error: undefined, start });
  void follow(cloud, app, revision, restart, () => revision.start === start);
}

async function follow(
  cloud: Cloud,
  app: App,
  revision: Revision,
  restart: boolean,
  current: () => boolean,
): Promise<void> {
  const { dataPlane } = cloud;
  try {
    if (restart) stopReplicas(cloud, app, revision);
    await dataPlane.startRevision(revisionSpec(app, revision.name, revision.template));
    if (current()) becomeReady(cloud, app, revision);
  } catch (error) {
    if (!current() || error instanceof RevisionStopped) return;
    fail(cloud, app, revision, error instanceof Error ? error.message : String(error));
    if ((await dataPlane.recovered(key(app.id), revision.name)) && current()) becomeReady(cloud, app, revision);
  }
}

/** Gives the revision the traffic, unless a newer one is ready. In single mode, stops the older ones. */
function becomeReady(cloud: Cloud, app: App, revision: Revision): void {
  Object.assign(revision, { phase: "Running", error: undefined });
  const message = `Successfully provisioned revision '${revision.name}'`;
  app.log.add({ reason: "RevisionReady", message, revision: revision.name });
  const before = latestReadyRevision(app);
  const isNewer = before === undefined || app.revisions.indexOf(revision) > app.revisions.indexOf(before);
  if (isNewer) app.latestReady = revision.name;
  if (isNewer && app.body.properties.configuration.activeRevisionsMode === "Single") retireOld(cloud, app);
  routeTraffic(cloud, app);
}

/**
 * Marks a revision as failed. It stays active, its replicas keep restarting, and the serving revision keeps serving.
 * The revision's error is Azure's text for a container that crashes or fails its startup probe; the log has the reason.
 */
function fail(cloud: Cloud, app: App, revision: Revision, reason: string): void {
  const containers = (revision.template.containers ?? []).map(({ name }) => name).join(", ");
  Object.assign(revision, { phase: "Failed", error: `Container crashing: ${containers}` });
  const message = `Error provisioning revision ${revision.name}. ${reason}`;
  app.log.add({ reason: "Error", message, revision: revision.name });
  cloud.log(`${app.name}: ${message}`);
}

/** Stops the revisions before the latest ready one, without waiting for them to drain, as Azure does in single mode. */
function retireOld(cloud: Cloud, app: App): void {
  const newest = app.revisions.findIndex(({ name }) => name === app.latestReady);
  const old = app.revisions.slice(0, Math.max(newest, 0)).filter(isActive);
  if (old.length === 0) return;
  const message = `Deactivating old revisions for ContainerApp '${app.name}'`;
  app.log.add({ reason: "RevisionDeactivating", message });
  for (const revision of old) stopRevision(cloud, app, revision);
}

/** Stops a revision, without waiting for its replicas to drain. */
export function stopRevision(cloud: Cloud, app: App, revision: Revision): void {
  Object.assign(revision, { phase: "Stopped", start: undefined, lastActiveTime: new Date().toISOString() });
  routeTraffic(cloud, app);
  stopReplicas(cloud, app, revision);
}

function stopReplicas(cloud: Cloud, app: App, { name }: Revision): void {
  cloud.dataPlane.stopRevision(key(app.id), name).catch((error: unknown) => {
    cloud.log(`${app.name}: revision ${name} did not stop: ${error instanceof Error ? error.message : error}`);
  });
}

/** Routes traffic to its current target. Idempotent, so it can be called after every change. */
function routeTraffic(cloud: Cloud, app: App): void {
  const target = trafficTarget(app);
  cloud.dataPlane.route(key(app.id), target);
  if (target !== undefined && target !== app.routed) {
    const message = `Setting traffic weight of '100%' for revision '${target}'`;
    app.log.add({ reason: "RevisionUpdate", message });
  }
  app.routed = target;
}

/** Closes the app's ingress and stops its revisions, without waiting for their replicas to drain. */
export async function tearDown(cloud: Cloud, app: App): Promise<void> {
  await cloud.dataPlane.closeIngress(key(app.id));
  for (const revision of app.revisions.filter(isActive)) stopRevision(cloud, app, revision);
}
