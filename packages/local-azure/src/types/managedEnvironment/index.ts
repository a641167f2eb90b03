import { listRoutes, type ResourceType, scope } from "../../arm/cloud.ts";
import { environments, type, versions } from "./model.ts";
import { getEnvironment, listEnvironments } from "./reads.ts";
import { deleteEnvironment, patchEnvironment, putEnvironment } from "./writes.ts";

const one = `${scope.group}/providers/${type}/{environment}`;

/** Managed environments of Container Apps. */
export const environment: ResourceType = {
  type,
  versions,
  routes: [
    ...listRoutes(type, listEnvironments),
    ["PUT", one, putEnvironment],
    ["PATCH", one, patchEnvironment],
    ["GET", one, getEnvironment],
    ["DELETE", one, deleteEnvironment],
  ],
  list: (cloud) => [...environments(cloud).values()],
};
