import { errors } from "../../arm/errors.ts";
import { isObject, type Json, type JsonObject } from "../../arm/merge.ts";
import { type DiagnosticSetting, type Environment, key } from "../../arm/model.ts";
import type { Call, Reply } from "../../arm/router.ts";
import { type Cloud, find } from "../../arm/store.ts";

/** `Microsoft.Insights/diagnosticSettings` of a managed environment: where its logs go. Nothing is sent there. */

const type = "Microsoft.Insights/diagnosticSettings";

const environmentOf = (cloud: Cloud, { params }: Call): Environment =>
  find(cloud, cloud.environments, "Microsoft.App/managedEnvironments", params.group ?? "", params.environment ?? "");

const idOf = (environment: Environment, name: string): string =>
  `${environment.id}/providers/${type}/${name}`.replace("/managedEnvironments/", "/managedenvironments/");

/** Azure adds what was left out of a log or metric, and answers null for the destinations that are not used. */
const read = ({ id, name, workspaceId, logs, metrics }: DiagnosticSetting): object => ({
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

export function putDiagnosticSetting(cloud: Cloud, call: Call): Reply {
  const environment = environmentOf(cloud, call);
  const properties = isObject(call.body) && isObject(call.body.properties) ? call.body.properties : {};
  const { workspaceId } = properties;
  if (typeof workspaceId !== "string" || !cloud.workspaces.has(key(workspaceId))) {
    throw errors.invalid(
      "BadRequest",
      `Resource '${workspaceId}' was not found: properties.workspaceId must be the id of a workspace.`,
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
  cloud.diagnosticSettings.set(key(id), setting);
  return { status: 200, body: read(setting) };
}

const entries = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

export function getDiagnosticSetting(cloud: Cloud, call: Call): Reply {
  const name = call.params.setting ?? "";
  const setting = cloud.diagnosticSettings.get(key(idOf(environmentOf(cloud, call), name)));
  if (setting === undefined) throw errors.resourceNotFound(type, name, call.params.group ?? "");
  return { status: 200, body: read(setting) };
}

export function deleteDiagnosticSetting(cloud: Cloud, call: Call): Reply {
  const id = idOf(environmentOf(cloud, call), call.params.setting ?? "");
  return { status: cloud.diagnosticSettings.delete(key(id)) ? 200 : 204 };
}
