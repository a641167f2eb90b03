import type { Cloud } from "../../arm/cloud.ts";
import { errors } from "../../arm/errors.ts";
import type { JsonObject } from "../../arm/json.ts";
import { key } from "../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { findEnvironment } from "../managedEnvironment/reads.ts";
import { type DiagnosticSetting, diagnosticSettings, idOf, type } from "./model.ts";

/** Returns a setting as Azure does: with defaults for logs and metrics, and null for unused destinations. */
export const readDiagnosticSetting = ({ id, name, workspaceId, logs, metrics }: DiagnosticSetting): object => ({
  id,
  type,
  name,
  location: null,
  kind: null,
  tags: null,
  identity: null,
  properties: {
    storageAccountId: null,
    serviceBusRuleId: null,
    workspaceId,
    eventHubAuthorizationRuleId: null,
    eventHubName: null,
    logs: logs.map(withRetention),
    metrics: metrics.map(withRetention),
    logAnalyticsDestinationType: null,
  },
});

const withRetention = (entry: JsonObject): JsonObject => ({
  category: null,
  categoryGroup: null,
  retentionPolicy: { enabled: false, days: 0 },
  ...entry,
});

export function getDiagnosticSetting(cloud: Cloud, call: ArmCall): ArmReply {
  const name = call.params.setting ?? "";
  const setting = diagnosticSettings(cloud).get(key(idOf(findEnvironment(cloud, call), name)));
  if (setting === undefined) throw errors.resourceNotFound(type, name, call.params.group ?? "");
  return { status: 200, body: readDiagnosticSetting(setting) };
}
