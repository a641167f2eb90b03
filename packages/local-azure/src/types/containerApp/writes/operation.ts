import type { Cloud } from "../../../arm/cloud.ts";
import { type ArmError, errors } from "../../../arm/errors.ts";
import { type Operation, operationHeaders } from "../../../arm/operations.ts";
import type { ArmCall } from "../../../arm/router.ts";
import type { App } from "../model/app.ts";
import { readApp } from "../reads/readApp.ts";

/**
 * Returns the app if a write can start.
 *
 * @throws {ArmError} 409 while another operation runs, 412 if If-Match has another ETag.
 */
export function guard(app: App, call: ArmCall): App {
  if (app.operation !== undefined) throw errors.operationInProgress(app.name);
  const expected = call.headers["if-match"];
  if (typeof expected === "string" && expected !== "*" && expected !== app.etag)
    throw errors.preconditionFailed(expected);
  return app;
}

/** Runs work as the app's long-running operation. An app has only one at a time. */
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

/** Runs work as the app's operation, so that other writes are refused, and waits for it. */
export async function runOperation(cloud: Cloud, app: App, work: () => Promise<void>): Promise<void> {
  const operation = begin(cloud, app, work);
  await operation.done;
  if (operation.error !== undefined) throw errors.invalid(operation.error.code, operation.error.message);
}

/** Returns the response headers for an operation in progress. */
export const longRunning = (call: ArmCall, app: App, operation: Operation): Record<string, string> => ({
  etag: app.etag,
  "x-ms-async-operation-timeout": "PT15M",
  ...operationHeaders(call, operation, app.location),
});
