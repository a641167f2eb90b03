import type { Cloud } from "../../arm/cloud.ts";
import { filtered } from "../../arm/listFilter.ts";
import { groupId, key } from "../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { findGroup, type Group, groups, inScope, type } from "./model.ts";

export const readGroup = (group: Group): object => ({
  id: group.id,
  name: group.name,
  type,
  location: group.location,
  ...(group.tags === undefined ? {} : { tags: group.tags }),
  properties: { provisioningState: group.deleting ? "Deleting" : "Succeeded" },
});

export const getGroup = (cloud: Cloud, call: ArmCall): ArmReply => ({
  status: 200,
  body: readGroup(findGroup(cloud, call.params.group ?? "")),
});

export const headGroup = (cloud: Cloud, call: ArmCall): ArmReply => ({
  status: groups(cloud).has(key(groupId(call.params.group ?? ""))) ? 204 : 404,
});

/** Lists the groups that match `$filter`, or all. */
export const listGroups = (cloud: Cloud, { query }: ArmCall): ArmReply => ({
  status: 200,
  body: { value: filtered([...groups(cloud).values()], query.get("$filter")).map(readGroup) },
});

/** Lists the resources of a group or the subscription that match `$filter`, with their common properties. */
export function listResources(cloud: Cloud, call: ArmCall): ArmReply {
  const all = cloud.types.flatMap(({ type, list }) => (list?.(cloud) ?? []).map((one) => ({ ...one, type })));
  const value = filtered(inScope(cloud, call, all), call.query.get("$filter")).map(
    ({ id, name, type, location, tags }) => ({
      id,
      name,
      type,
      location,
      ...(tags === undefined ? {} : { tags }),
    }),
  );
  return { status: 200, body: { value } };
}
