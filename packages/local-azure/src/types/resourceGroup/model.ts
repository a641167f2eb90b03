import { type Cloud, collection } from "../../arm/cloud.ts";
import { errors } from "../../arm/errors.ts";
import { groupId, key, resourceId, type Tracked } from "../../arm/resource.ts";
import type { ArmCall } from "../../arm/router.ts";

export const type = "Microsoft.Resources/resourceGroups";

export interface Group extends Omit<Tracked, "group"> {
  deleting: boolean;
}

export const groups = collection<Group>(type);

/** Returns a group. @throws {ArmError} 404 if it doesn't exist, 409 for a write if it is being deleted */
export function findGroup(cloud: Cloud, name: string, write = false): Group {
  const group = groups(cloud).get(key(groupId(name)));
  if (group === undefined) throw errors.groupNotFound(name);
  if (write && group.deleting) throw errors.groupDeprovisioning(group.name);
  return group;
}

/** Returns a resource of a group, or undefined. @throws {ArmError} 404 if the group doesn't exist */
export function lookInGroup<T extends Tracked>(
  cloud: Cloud,
  resources: Map<string, T>,
  type: string,
  group: string,
  name: string,
): T | undefined {
  return resources.get(key(resourceId(findGroup(cloud, group).name, type, name)));
}

/** Returns a resource of a group. @throws {ArmError} 404 if the group or the resource doesn't exist */
export function findInGroup<T extends Tracked>(
  cloud: Cloud,
  resources: Map<string, T>,
  type: string,
  group: string,
  name: string,
): T {
  const found = lookInGroup(cloud, resources, type, group, name);
  if (found === undefined) throw errors.resourceNotFound(type, name, group);
  return found;
}

/**
 * Returns the resources in the path's group, or all if the path has no group.
 *
 * @throws {ArmError} 404 for a missing group
 */
export function inScope<T extends { readonly group: string }>(
  cloud: Cloud,
  { params: { group } }: ArmCall,
  resources: readonly T[],
): readonly T[] {
  if (group === undefined) return resources;
  findGroup(cloud, group);
  return inGroup(resources, group);
}

export const inGroup = <T extends { readonly group: string }>(resources: readonly T[], group: string): readonly T[] =>
  resources.filter((resource) => key(resource.group) === key(group));
