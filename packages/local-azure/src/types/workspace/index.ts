import { listRoutes, type ResourceType, scope } from "../../arm/cloud.ts";
import { type, workspaces } from "./model.ts";
import { getWorkspace, listWorkspaces, sharedKeys } from "./reads.ts";
import { deleteWorkspace, putWorkspace } from "./writes.ts";

const one = `${scope.group}/providers/${type}/{workspace}`;

/** Log Analytics workspaces, as far as a managed environment needs them. They store no logs. */
export const workspace: ResourceType = {
  type,
  versions: ["2020-08-01", "2021-06-01", "2021-12-01-preview", "2022-10-01", "2023-09-01", "2025-02-01", "2025-07-01"],
  routes: [
    ...listRoutes(type, listWorkspaces),
    ["PUT", one, putWorkspace],
    ["GET", one, getWorkspace],
    ["DELETE", one, deleteWorkspace],
    ["POST", `${one}/sharedKeys`, sharedKeys],
  ],
  list: (cloud) => [...workspaces(cloud).values()],
};
