import { RevisionFailed } from "../dataPlane.ts";
import { ArmError } from "./errors.ts";
import { canonical } from "./merge.ts";
import { type App, key, type Revision, type Template } from "./model.ts";
import { ingressSpec, revisionSpec } from "./revisionSpec.ts";
import type { Cloud } from "./store.ts";
import { readTemplate } from "./templateReads.ts";

/** What a write does to an app's revisions. */
export type Step =
  | { readonly kind: "keep" }
  /** The template changed: a new revision takes over once it is ready. */
  | { readonly kind: "new"; readonly name: string }
  | { readonly kind: "nameTaken"; readonly name: string };

/**
 * A change of the template makes a revision, and nothing else does: neither ingress, secrets nor tags. The suffix is part of
 * the name, not of the content; a revision that failed is tried again when the app is written again.
 */
export function nextRevision(app: Pick<App, "name" | "revisions">, template: Template): Step {
  const last = app.revisions.at(-1);
  const suffix = template.revisionSuffix ?? "";
  const named =
    suffix === "" ? `${app.name}--${String(app.revisions.length + 1).padStart(7, "0")}` : `${app.name}--${suffix}`;
  const same = last !== undefined && last.state !== "Failed" && content(last.template) === content(template);
  if (same && (suffix === "" || last.name === named)) return { kind: "keep" };
  if (app.revisions.some(({ name }) => name === named)) return { kind: "nameTaken", name: named };
  return { kind: "new", name: named };
}

/** Defaults count as written: a client that sends back what it read changes nothing. */
const content = (template: Template): string => canonical(readTemplate({ ...template, revisionSuffix: "" }));

/** Brings the data plane to the app's body: ingress first, so that its address is known, then the revision. */
export async function rollOut(cloud: Cloud, app: App, step: Step): Promise<void> {
  await applyIngress(cloud, app);
  if (step.kind === "new" && !app.stopped) await startNew(cloud, app, step.name);
  if (app.body.properties.configuration.activeRevisionsMode === "Single") retireOld(cloud, app);
  routeTraffic(cloud, app);
  const done = { reason: "ContainerAppReady" } as const;
  if (step.kind === "keep") app.log.add({ ...done, message: "No revision restart or provisioning was needed." });
  app.log.add({ ...done, message: `Successfully updated containerApp: ${app.name}` });
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

async function startNew(cloud: Cloud, app: App, name: string): Promise<void> {
  const now = new Date().toISOString();
  const revision: Revision = {
    name,
    template: structuredClone(app.body.properties.template),
    createdTime: now,
    lastActiveTime: now,
    active: true,
    running: false,
    state: "Provisioning",
  };
  app.revisions.push(revision);
  app.log.add({ reason: "RevisionCreation", message: `Creating a new revision: ${name}`, revision: name });
  await startRevision(cloud, app, revision);
}

/** Starts a revision's replicas. Where they do not become ready the revision is Failed and whatever served goes on. */
export async function startRevision(cloud: Cloud, app: App, revision: Revision): Promise<void> {
  try {
    await cloud.dataPlane.startRevision(revisionSpec(app, revision.name, revision.template));
    Object.assign(revision, { state: "Provisioned", running: true, active: true });
    app.latestReady = revision.name;
    const message = `Successfully provisioned revision '${revision.name}'`;
    app.log.add({ reason: "RevisionReady", message, revision: revision.name });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    Object.assign(revision, { state: "Failed", active: false, running: false, reason });
    const message = `Error provisioning revision ${revision.name}. ${reason}`;
    app.log.add({ reason: "Error", message, revision: revision.name });
    await cloud.dataPlane.stopRevision(key(app.id), revision.name);
    if (!(error instanceof RevisionFailed)) cloud.log(`${app.name}: ${reason}`);
    throw new ArmError(
      400,
      "ContainerAppOperationError",
      `Failed to provision revision for container app '${app.name}'. Error details: ${reason}`,
    );
  }
}

/** In single mode all but the newest ready revision go; they drain on their own time, as on Azure. */
function retireOld(cloud: Cloud, app: App): void {
  const old = app.revisions.filter(({ name, active }) => name !== app.latestReady && active);
  if (old.length === 0) return;
  const message = `Deactivating old revisions for ContainerApp '${app.name}'`;
  app.log.add({ reason: "RevisionDeactivating", message });
  for (const revision of old) void stopRevision(cloud, app, revision);
}

/** Takes a revision out; resolves when its last request has ended or its grace period is over. */
export async function stopRevision(cloud: Cloud, app: App, revision: Revision): Promise<void> {
  Object.assign(revision, { active: false, running: false, lastActiveTime: new Date().toISOString() });
  routeTraffic(cloud, app);
  try {
    await cloud.dataPlane.stopRevision(key(app.id), revision.name);
  } catch (error) {
    cloud.log(`${app.name}: revision ${revision.name} did not stop: ${error instanceof Error ? error.message : error}`);
  }
}

/** The one revision that takes the traffic: the one that the weights name, else the newest that is ready. */
export function trafficTarget(app: App): string | undefined {
  const running = app.revisions.filter((revision) => revision.running);
  const weighted = (app.body.properties.configuration.ingress?.traffic ?? []).find(({ weight }) => (weight ?? 0) > 0);
  if (app.body.properties.configuration.activeRevisionsMode !== "Single" && weighted?.revisionName !== undefined) {
    return running.find(({ name }) => name === weighted.revisionName)?.name;
  }
  return running.find(({ name }) => name === app.latestReady)?.name ?? running.at(-1)?.name;
}

/** Idempotent: called after every change, so that routing never depends on which one it was. */
export function routeTraffic(cloud: Cloud, app: App): void {
  const target = trafficTarget(app);
  cloud.dataPlane.route(key(app.id), target);
  if (target !== undefined && target !== app.routed) {
    const message = `Setting traffic weight of '100%' for revision '${target}'`;
    app.log.add({ reason: "RevisionUpdate", message });
  }
  app.routed = target;
}

/** Ends everything that the app runs. */
export async function tearDown(cloud: Cloud, app: App): Promise<void> {
  await cloud.dataPlane.closeIngress(key(app.id));
  await Promise.all(
    app.revisions.filter(({ running }) => running).map((revision) => stopRevision(cloud, app, revision)),
  );
}
