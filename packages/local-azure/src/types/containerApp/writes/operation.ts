import type { Cloud } from "../../../arm/cloud.ts";
import { type ArmError, errors } from "../../../arm/errors.ts";
import { type Operation, operationHeaders } from "../../../arm/operations.ts";
import type { ArmCall } from "../../../arm/router.ts";
import type { App } from "../model/app.ts";
import { readApp } from "../reads/readApp.ts";

/** An app has one long operation at a time. */

/** A write waits for no other: 409 while an operation runs, 412 if If-Match names another state. */
export function guard(app: App, call: ArmCall): App {
  if (app.operation !== undefined) throw errors.operationInProgress(app.name);
  const expected = call.headers["if-match"];
  if (typeof expected === "string" && expected !== "*" && expected !== app.etag)
    throw errors.preconditionFailed(expected);
  return app;
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

/** Waits for the work, as the app's operation, so that a write at the same time is refused. */
export async function runOperation(cloud: Cloud, app: App, work: () => Promise<void>): Promise<void> {
  const operation = begin(cloud, app, work);
  await operation.done;
  if (operation.error !== undefined) throw errors.invalid(operation.error.code, operation.error.message);
}

/** The headers of an answer whose operation still runs. */
export const longRunning = (call: ArmCall, app: App, operation: Operation): Record<string, string> => ({
  etag: app.etag,
  "x-ms-async-operation-timeout": "PT15M",
  ...operationHeaders(call, operation, app.location),
});
