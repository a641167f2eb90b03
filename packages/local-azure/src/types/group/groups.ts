import { errors } from "../../arm/errors.ts";
import { filtered } from "../../arm/listFilter.ts";
import { isObject } from "../../arm/merge.ts";
import { type Group, key } from "../../arm/model.ts";
import type { Call, Reply } from "../../arm/router.ts";
import {
  type Cloud,
  findGroup,
  forgetEnvironment,
  groupId,
  inGroup,
  normaliseLocation,
  stamp,
} from "../../arm/store.ts";
import { identity } from "../../arm/token.ts";
import { removeApp } from "../app/apps.ts";

/** `Microsoft.Resources`: resource groups, and what is in them. */

const read = (group: Group): object => ({
  id: group.id,
  name: group.name,
  type: "Microsoft.Resources/resourceGroups",
  location: group.location,
  ...(group.tags === undefined ? {} : { tags: group.tags }),
  properties: { provisioningState: group.deleting ? "Deleting" : "Succeeded" },
});

/** 201 for a new group, 200 for one that is there; the location of a group never changes. */
export function putGroup(cloud: Cloud, call: Call): Reply {
  const name = call.params.group ?? "";
  if (!/^[-\w._()]{0,89}[-\w_()]$/u.test(name)) {
    throw errors.invalid(
      "InvalidResourceGroup",
      `The provided resource group name '${name}' has these invalid characters or its length is wrong. The name can only be a letter, digit, '-', '.', '(', ')' or '_', at most 90 of them, and not end with a period.`,
    );
  }
  const body = isObject(call.body) ? call.body : {};
  const location = normaliseLocation(body.location);
  const existing = cloud.groups.get(key(groupId(name)));
  if (existing?.deleting) throw errors.groupDeprovisioning(existing.name);
  if (existing !== undefined && existing.location !== location) {
    throw errors.locationConflict(existing.name, existing.location, location);
  }
  const group: Group = {
    id: existing?.id ?? groupId(name),
    name: existing?.name ?? name,
    location,
    tags: tagsOf(body.tags),
    deleting: false,
    ...stamp(call.caller, existing?.systemData),
  };
  cloud.groups.set(key(group.id), group);
  return { status: existing === undefined ? 201 : 200, body: read(group) };
}

/** Tags alone can change. */
export function patchGroup(cloud: Cloud, call: Call): Reply {
  const group = findGroup(cloud, call.params.group ?? "", true);
  if (isObject(call.body) && call.body.tags !== undefined) group.tags = tagsOf(call.body.tags);
  Object.assign(group, stamp(call.caller, group.systemData));
  return { status: 200, body: read(group) };
}

/** Tags are strings; ARM refuses anything else. */
export function tagsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (isObject(value) && Object.values(value).every((tag) => typeof tag === "string"))
    return value as Record<string, string>;
  throw errors.invalid("InvalidTags", "The tags must be an object of strings.");
}

export const getGroup = (cloud: Cloud, call: Call): Reply => ({
  status: 200,
  body: read(findGroup(cloud, call.params.group ?? "")),
});

export const headGroup = (cloud: Cloud, call: Call): Reply => ({
  status: cloud.groups.has(key(groupId(call.params.group ?? ""))) ? 204 : 404,
});

/** All, or those with the tag that `$filter` names. */
export const listGroups = (cloud: Cloud, { query }: Call): Reply => ({
  status: 200,
  body: { value: filtered([...cloud.groups.values()], query.get("$filter")).map(read) },
});

/** 202 and a Location that answers 202 until everything in the group is gone. */
export function deleteGroup(cloud: Cloud, call: Call): Reply {
  const group = findGroup(cloud, call.params.group ?? "", true);
  group.deleting = true;
  const operation = cloud.operations.start(() => empty(cloud, group), {
    failed: () => Object.assign(group, { deleting: false }),
  });
  const location = `${call.origin}/subscriptions/${identity.subscription}/operationresults/${operation.id}?api-version=${call.apiVersion}`;
  return { status: 202, headers: { location, "retry-after": "0" } };
}

/** Apps first: they use the environment. Operations that run on them are let finish. */
async function empty(cloud: Cloud, group: Group): Promise<void> {
  const apps = inGroup(cloud.apps, group.name);
  await Promise.all(apps.map(({ operation }) => operation && cloud.operations.find(operation).done));
  await Promise.all(apps.map((app) => removeApp(cloud, app)));
  for (const { id } of inGroup(cloud.environments, group.name)) forgetEnvironment(cloud, id);
  for (const { id } of inGroup(cloud.workspaces, group.name)) cloud.workspaces.delete(key(id));
  cloud.groups.delete(key(group.id));
}

/** `az resource list`: the common part of every resource, of one group or of the subscription, or what `$filter` wants of it. */
export function listResources(cloud: Cloud, call: Call): Reply {
  const { group } = call.params;
  if (group !== undefined) findGroup(cloud, group);
  const all = [
    ...[...cloud.workspaces.values()].map((one) => ({ ...one, type: "Microsoft.OperationalInsights/workspaces" })),
    ...[...cloud.environments.values()].map((one) => ({ ...one, type: "Microsoft.App/managedEnvironments" })),
    ...[...cloud.apps.values()].map((one) => ({ ...one, type: "Microsoft.App/containerApps" })),
  ];
  const value = filtered(all, call.query.get("$filter"))
    .filter((one) => group === undefined || one.group.toLowerCase() === group.toLowerCase())
    .map(({ id, name, type, location, tags }) => ({
      id,
      name,
      type,
      location,
      ...(tags === undefined ? {} : { tags }),
    }));
  return { status: 200, body: { value } };
}
