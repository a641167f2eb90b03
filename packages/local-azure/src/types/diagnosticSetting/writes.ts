import type { Cloud } from "../../arm/cloud.ts";
import { errors } from "../../arm/errors.ts";
import { isObject, type Json, type JsonObject } from "../../arm/json.ts";
import { key } from "../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { findEnvironment } from "../managedEnvironment/reads.ts";
import { workspaces } from "../workspace/model.ts";
import { type DiagnosticSetting, diagnosticSettings, idOf } from "./model.ts";
import { readDiagnosticSetting } from "./reads.ts";

export function putDiagnosticSetting(cloud: Cloud, call: ArmCall): ArmReply {
  const environment = findEnvironment(cloud, call);
  const properties = isObject(call.body) && isObject(call.body.properties) ? call.body.properties : {};
  const { workspaceId } = properties;
  if (typeof workspaceId !== "string" || !workspaces(cloud).has(key(workspaceId))) {
    throw errors.invalid(
      "BadRequest",
      `Resource '${workspaceId}' was not found. properties.workspaceId must be the ID of a Log Analytics workspace.`,
    );
  }
  const name = call.params.setting ?? "";
  const id = idOf(environment, name);
  const setting: DiagnosticSetting = {
    id,
    name,
    workspaceId,
    logs: entries(properties.logs),
    metrics: entries(properties.metrics),
  };
  diagnosticSettings(cloud).set(key(id), setting);
  return { status: 200, body: readDiagnosticSetting(setting) };
}

const entries = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

export function deleteDiagnosticSetting(cloud: Cloud, call: ArmCall): ArmReply {
  const id = idOf(findEnvironment(cloud, call), call.params.setting ?? "");
  return { status: diagnosticSettings(cloud).delete(key(id)) ? 200 : 204 };
}
