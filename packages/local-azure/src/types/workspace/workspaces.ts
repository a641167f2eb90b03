import { randomBytes, randomUUID } from "node:crypto";
import { errors } from "../../arm/errors.ts";
import { isObject, type JsonObject } from "../../arm/merge.ts";
import { key, type Workspace } from "../../arm/model.ts";
import type { Call, Reply } from "../../arm/router.ts";
import { type Cloud, find, findGroup, inGroup, normaliseLocation, resourceId, stamp } from "../../arm/store.ts";
import { tagsOf } from "../group/groups.ts";

/** `Microsoft.OperationalInsights/workspaces`: Log Analytics, as far as a managed environment needs one. Nothing is stored in it. */

const type = "Microsoft.OperationalInsights/workspaces";
const defaultRetentionDays = 30;

const read = (workspace: Workspace): object => ({
  id: workspace.id,
  name: workspace.name,
  type,
  location: workspace.location,
  ...(workspace.tags === undefined ? {} : { tags: workspace.tags }),
  etag: workspace.etag,
  systemData: workspace.systemData,
  properties: {
    source: "Azure",
    customerId: workspace.customerId,
    provisioningState: "Succeeded",
    sku: { name: workspace.sku, lastSkuUpdate: workspace.systemData.createdAt },
    retentionInDays: workspace.retentionInDays,
    features: { legacy: 0, searchVersion: 1, enableLogAccessUsingOnlyResourcePermissions: true },
    workspaceCapping: {
      dailyQuotaGb: -1,
      quotaNextResetTime: workspace.systemData.createdAt,
      dataIngestionStatus: "RespectQuota",
    },
    publicNetworkAccessForIngestion: "Enabled",
    publicNetworkAccessForQuery: "Enabled",
    createdDate: workspace.systemData.createdAt,
    modifiedDate: workspace.systemData.lastModifiedAt,
  },
});

/** Id and keys are made once and outlive later writes. */
export function putWorkspace(cloud: Cloud, call: Call): Reply {
  const { group, workspace: name } = call.params as { group: string; workspace: string };
  const owner = findGroup(cloud, group, true);
  const body: JsonObject = isObject(call.body) ? call.body : {};
  const id = resourceId(owner.name, type, name);
  const existing = cloud.workspaces.get(key(id));
  const location = normaliseLocation(body.location);
  if (existing !== undefined && existing.location !== location)
    throw errors.locationConflict(name, existing.location, location);
  const properties = isObject(body.properties) ? body.properties : {};
  const sku = isObject(properties.sku) && typeof properties.sku.name === "string" ? properties.sku.name : "PerGB2018";
  const workspace: Workspace = {
    id: existing?.id ?? id,
    name: existing?.name ?? name,
    group: owner.name,
    location,
    tags: tagsOf(body.tags),
    customerId: existing?.customerId ?? randomUUID(),
    keys: existing?.keys ?? {
      primary: randomBytes(64).toString("base64"),
      secondary: randomBytes(64).toString("base64"),
    },
    // Azure answers the known tiers in their own case.
    sku: sku.toLowerCase() === "pergb2018" ? "PerGB2018" : sku,
    retentionInDays: retention(properties.retentionInDays),
    ...stamp(call.caller, existing?.systemData),
  };
  cloud.workspaces.set(key(id), workspace);
  return { status: existing === undefined ? 201 : 200, body: read(workspace) };
}

/** Days; the range of the paid tiers. */
function retention(days: unknown): number {
  if (days === undefined || days === null) return defaultRetentionDays;
  if (typeof days === "number" && Number.isInteger(days) && days >= 30 && days <= 730) return days;
  throw errors.invalid(
    "InvalidParameter",
    `properties.retentionInDays must be a whole number from 30 to 730, got '${days}'.`,
  );
}

const one = (cloud: Cloud, { params }: Call): Workspace =>
  find(cloud, cloud.workspaces, type, params.group ?? "", params.workspace ?? "");

export const getWorkspace = (cloud: Cloud, call: Call): Reply => ({ status: 200, body: read(one(cloud, call)) });

export const listWorkspaces = (cloud: Cloud, call: Call): Reply => {
  const { group } = call.params;
  if (group !== undefined) findGroup(cloud, group);
  const found = group === undefined ? [...cloud.workspaces.values()] : inGroup(cloud.workspaces, group);
  return { status: 200, body: { value: found.map(read) } };
};

export function deleteWorkspace(cloud: Cloud, call: Call): Reply {
  const { group, workspace: name } = call.params as { group: string; workspace: string };
  findGroup(cloud, group);
  return { status: cloud.workspaces.delete(key(resourceId(group, type, name))) ? 200 : 204 };
}

/** The keys are read by a POST alone; no GET shows them. */
export const sharedKeys = (cloud: Cloud, call: Call): Reply => {
  const { primary, secondary } = one(cloud, call).keys;
  return { status: 200, body: { primarySharedKey: primary, secondarySharedKey: secondary } };
};
