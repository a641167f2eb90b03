import type { Cloud } from "../../../arm/cloud.ts";
import { errors } from "../../../arm/errors.ts";
import type { ArmCall, ArmReply } from "../../../arm/router.ts";
import { isActive } from "../model/app.ts";
import { findRevision } from "../reads/revisions.ts";
import { guard, runOperation } from "./operation.ts";
import { revisionSpec } from "./revisionSpec.ts";
import { launch, stopRevision } from "./rollout.ts";

/** The answer that the CLI prints: azure-cli's recordings. */
const succeeded = (what: "Restart" | "Activate" | "Deactivate"): ArmReply => ({
  status: 200,
  body: `${what} succeeded`,
});

/** Replicas that serve restart one after the other, with the secrets as they are now; a revision that does not serve starts again. */
export async function restartRevision(cloud: Cloud, call: ArmCall): Promise<ArmReply> {
  const { app, revision } = findRevision(cloud, call);
  guard(app, call);
  if (!isActive(revision)) {
    throw errors.invalid("RevisionNotActive", `Revision '${revision.name}' is not active; activate it first.`);
  }
  if (revision.phase !== "Running") {
    launch(cloud, app, revision);
    return succeeded("Restart");
  }
  const spec = revisionSpec(app, revision.name, revision.template);
  await runOperation(cloud, app, () => cloud.dataPlane.restartRevision(spec));
  return succeeded("Restart");
}

/** Starts its replicas. In single mode an earlier one can be active again too, without traffic. */
export function activateRevision(cloud: Cloud, call: ArmCall): ArmReply {
  const { app, revision } = findRevision(cloud, call);
  guard(app, call);
  if (app.stopped) {
    const message = `Revision '${revision.name}' cannot be activated: the app is stopped; start it.`;
    throw errors.invalid("RevisionActivationNotAllowed", message);
  }
  if (!isActive(revision)) launch(cloud, app, revision);
  return succeeded("Activate");
}

/** Drains and ends its replicas; the answer comes when they are gone. */
export async function deactivateRevision(cloud: Cloud, call: ArmCall): Promise<ArmReply> {
  const { app, revision } = findRevision(cloud, call);
  guard(app, call);
  if (isActive(revision)) await runOperation(cloud, app, () => stopRevision(cloud, app, revision));
  return succeeded("Deactivate");
}
