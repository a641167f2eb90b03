import { type ResourceType, scope } from "../../arm/cloud.ts";
import { operationResult, operationStatus } from "../../arm/operations.ts";
import { versions } from "../managedEnvironment/model.ts";

const location = `${scope.subscription}/providers/Microsoft.App/locations/{location}`;

/** Status and result URLs of the long-running operations of apps and environments. */
export const operation: ResourceType = {
  type: "Microsoft.App/operations",
  versions,
  routes: ["containerapp", "managedEnvironment"].flatMap((kind) => [
    ["GET", `${location}/${kind}OperationStatuses/{operation}`, operationStatus] as const,
    ["GET", `${location}/${kind}OperationResults/{operation}`, operationResult] as const,
  ]),
};
