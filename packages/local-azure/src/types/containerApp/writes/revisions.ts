import type { Cloud } from "../../../arm/cloud.ts";
import { errors } from "../../../arm/errors.ts";
import type { ArmCall, ArmReply } from "../../../arm/router.ts";
import { isActive } from "../model/app.ts";
import { findRevision } from "../reads/revisions.ts";
import { guard, runOperation } from "./operation.ts";
import { revisionSpec } from "./revisionSpec.ts";
import { launch, stopRevision } from "./rollout.ts";

/** Returns the text that the CLI prints, from azure-cli's recordings. */
const succeeded = (what: "Restart" | "Activate" | "Deactivate"): ArmReply => ({
  status: 200,
  body: `${what} succeeded`,
});

/**
 * Restarts the replicas of a running revision one by one, with the app's current secrets. If the revision is starting
 * or has failed, starts it again.
 */
export async function restartRevision(cloud: Cloud, call: ArmCall): Promise<ArmReply> {
  const { app, revision } = findRevision(cloud, call);
  guard(app, call);
  if (!isActive(revision)) {
    throw errors.invalid("RevisionNotActive", `Revision '${revision.name}' is not active. Activate it first.`);
  }
  if (revision.phase !== "Running") {
    launch(cloud, app, revision);
    return succeeded("Restart");
  }
  const spec = revisionSpec(app, revision.name, revision.template);
  await runOperation(cloud, app, () => cloud.dataPlane.restartRevision(spec));
  return succeeded("Restart");
}

/** Starts a revision's replicas. In single mode an earlier revision can be active too, but receives no traffic. */
export function activateRevision(cloud: Cloud, call: ArmCall): ArmReply {
  const { app, revision } = findRevision(cloud, call);
  guard(app, call);
  if (app.stopped) {
    const message = `Revision '${revision.name}' cannot be activated while the app is stopped. Start the app first.`;
    throw errors.invalid("RevisionActivationNotAllowed", message);
  }
  if (!isActive(revision)) launch(cloud, app, revision);
  return succeeded("Activate");
}

/** Stops a revision's replicas. Responds without waiting for them to drain. */
export async function deactivateRevision(cloud: Cloud, call: ArmCall): Promise<ArmReply> {
  const { app, revision } = findRevision(cloud, call);
  guard(app, call);
  if (isActive(revision)) await runOperation(cloud, app, async () => stopRevision(cloud, app, revision));
  return succeeded("Deactivate");
}
