import { type Cloud, collection } from "../../arm/cloud.ts";
import { errors } from "../../arm/errors.ts";
import { groupId, key, resourceId, type Tracked } from "../../arm/resource.ts";
import type { ArmCall } from "../../arm/router.ts";

export const type = "Microsoft.Resources/resourceGroups";

export interface Group extends Omit<Tracked, "group"> {
  deleting: boolean;
}

export const groups = collection<Group>(type);

/** The group, or Azure's 404. Writes into a group that is being deleted are refused. */
export function findGroup(cloud: Cloud, name: string, write = false): Group {
  const group = groups(cloud).get(key(groupId(name)));
  if (group === undefined) throw errors.groupNotFound(name);
  if (write && group.deleting) throw errors.groupDeprovisioning(group.name);
  return group;
}

/** One resource of a group; undefined if there is none. @throws Azure's 404 if the group is missing */
export function lookInGroup<T extends Tracked>(
  cloud: Cloud,
  resources: Map<string, T>,
  type: string,
  group: string,
  name: string,
): T | undefined {
  return resources.get(key(resourceId(findGroup(cloud, group).name, type, name)));
}

/** One resource of a group, or Azure's 404: for the group if that is what is missing. */
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

/** Those in the group that the path names, or all of the subscription if it names none. */
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
