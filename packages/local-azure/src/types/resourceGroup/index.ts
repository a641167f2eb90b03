import { type ResourceType, scope } from "../../arm/cloud.ts";
import { operationResult } from "../../arm/operations.ts";
import { type } from "./model.ts";
import { getGroup, headGroup, listGroups, listResources } from "./reads.ts";
import { deleteGroup, patchGroup, putGroup } from "./writes.ts";

const { subscription, group: one } = scope;

/** Resource groups, and the lists of the resources in them. */
export const resourceGroup: ResourceType = {
  type,
  versions: "any",
  routes: [
    ["GET", `${subscription}/resources`, listResources],
    ["GET", `${subscription}/resourcegroups`, listGroups],
    ["PUT", one, putGroup],
    ["PATCH", one, patchGroup],
    ["GET", one, getGroup],
    ["HEAD", one, headGroup],
    ["DELETE", one, deleteGroup],
    ["GET", `${one}/resources`, listResources],
    ["GET", `${subscription}/operationresults/{operation}`, operationResult],
  ],
};
