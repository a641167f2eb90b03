import { type Cloud, removeResource } from "../../arm/cloud.ts";
import { errors } from "../../arm/errors.ts";
import { isObject } from "../../arm/json.ts";
import { normalizeLocation, refuseMove } from "../../arm/regions.ts";
import { groupId, key, stamp, tagsOf } from "../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { identity } from "../../arm/token.ts";
import { findGroup, type Group, groups } from "./model.ts";
import { readGroup } from "./reads.ts";

/** Creates (201) or replaces (200) a group. The location can't change. */
export function putGroup(cloud: Cloud, call: ArmCall): ArmReply {
  const name = call.params.group ?? "";
  if (!/^[-\w._()]{0,89}[-\w_()]$/u.test(name)) {
    throw errors.invalid(
      "InvalidResourceGroup",
      `The provided resource group name '${name}' is invalid. The name must consist of 1 to 90 letters, digits, '-', '.', '(', ')' or '_', and must not end with a period.`,
    );
  }
  const body = isObject(call.body) ? call.body : {};
  const location = normalizeLocation(body.location);
  const existing = groups(cloud).get(key(groupId(name)));
  if (existing?.deleting) throw errors.groupDeprovisioning(existing.name);
  refuseMove(existing, existing?.name ?? name, location);
  const group: Group = {
    id: existing?.id ?? groupId(name),
    name: existing?.name ?? name,
    location,
    tags: tagsOf(body.tags),
    deleting: false,
    ...stamp(call.caller, existing?.systemData),
  };
  groups(cloud).set(key(group.id), group);
  return { status: existing === undefined ? 201 : 200, body: readGroup(group) };
}

/** Updates a group's tags, the only property that can change. */
export function patchGroup(cloud: Cloud, call: ArmCall): ArmReply {
  const group = findGroup(cloud, call.params.group ?? "", true);
  if (isObject(call.body) && call.body.tags !== undefined) group.tags = tagsOf(call.body.tags);
  Object.assign(group, stamp(call.caller, group.systemData));
  return { status: 200, body: readGroup(group) };
}

/** Deletes a group: 202, with a Location that returns 202 until everything in the group is gone. */
export function deleteGroup(cloud: Cloud, call: ArmCall): ArmReply {
  const group = findGroup(cloud, call.params.group ?? "", true);
  group.deleting = true;
  const operation = cloud.operations.start(() => empty(cloud, group), {
    failed: () => Object.assign(group, { deleting: false }),
  });
  const location = `${call.origin}/subscriptions/${identity.subscription}/operationresults/${operation.id}?api-version=${call.apiVersion}`;
  return { status: 202, headers: { location, "retry-after": "0" } };
}

/** Empties the group in reverse order of types, so that each resource goes before those it depends on. */
async function empty(cloud: Cloud, group: Group): Promise<void> {
  for (const { onGroupDelete } of cloud.types.toReversed()) await onGroupDelete?.(cloud, group.name);
  removeResource(cloud, group.id);
}
