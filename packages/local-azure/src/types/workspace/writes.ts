import { randomBytes, randomUUID } from "node:crypto";
import type { Cloud } from "../../arm/cloud.ts";
import { isObject, type JsonObject } from "../../arm/json.ts";
import { normalizeLocation, refuseMove } from "../../arm/regions.ts";
import { key, resourceId, stamp, tagsOf } from "../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { findGroup } from "../resourceGroup/model.ts";
import { type, type Workspace, workspaces } from "./model.ts";
import { readWorkspace } from "./reads.ts";
import { retention } from "./rules.ts";

/** Creates or replaces a workspace. Keeps its customer ID and keys. */
export function putWorkspace(cloud: Cloud, call: ArmCall): ArmReply {
  const { group, workspace: name } = call.params as { group: string; workspace: string };
  const owner = findGroup(cloud, group, true);
  const body: JsonObject = isObject(call.body) ? call.body : {};
  const id = resourceId(owner.name, type, name);
  const existing = workspaces(cloud).get(key(id));
  const location = normalizeLocation(body.location);
  refuseMove(existing, name, location);
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
    // Azure returns its default tier in this case.
    sku: sku.toLowerCase() === "pergb2018" ? "PerGB2018" : sku,
    retentionInDays: retention(properties.retentionInDays),
    ...stamp(call.caller, existing?.systemData),
  };
  workspaces(cloud).set(key(id), workspace);
  return { status: existing === undefined ? 201 : 200, body: readWorkspace(workspace) };
}

export function deleteWorkspace(cloud: Cloud, call: ArmCall): ArmReply {
  const { group, workspace: name } = call.params as { group: string; workspace: string };
  findGroup(cloud, group);
  return { status: workspaces(cloud).delete(key(resourceId(group, type, name))) ? 200 : 204 };
}
