import { createHash } from "node:crypto";
import { errors } from "../../arm/errors.ts";
import { type Json, type JsonObject, mergePatch } from "../../arm/merge.ts";
import { type Environment, key } from "../../arm/model.ts";
import { operationHeaders } from "../../arm/operations.ts";
import type { Call, Reply } from "../../arm/router.ts";
import {
  type Cloud,
  displayName,
  find,
  findGroup,
  forgetEnvironment,
  inGroup,
  normaliseLocation,
  resourceId,
  stamp,
} from "../../arm/store.ts";
import { tagsOf } from "../group/groups.ts";
import { refuseLogs } from "./environmentRules.ts";

/** `Microsoft.App/managedEnvironments`. */

const type = "Microsoft.App/managedEnvironments";

/** What the service fills in where the body is silent. */
const defaults = {
  vnetConfiguration: null,
  zoneRedundant: false,
  customDomainConfiguration: null,
  workloadProfiles: null,
  infrastructureResourceGroup: null,
  peerAuthentication: { mtls: { enabled: false } },
  peerTrafficConfiguration: { encryption: { enabled: false } },
  publicNetworkAccess: "Enabled",
};

function read(environment: Environment, origin: string): object {
  const { properties } = environment;
  const logs = properties.appLogsConfiguration;
  const workspace = logs?.logAnalyticsConfiguration;
  // A name below .localhost always resolves to loopback (RFC 6761); the apps themselves answer on 127.0.0.1 and a port.
  const suffix = createHash("sha256").update(key(environment.id)).digest("hex").slice(0, 8);
  return {
    id: environment.id,
    name: environment.name,
    type,
    location: displayName(environment.location),
    ...(environment.tags === undefined ? {} : { tags: environment.tags }),
    systemData: environment.systemData,
    properties: {
      ...defaults,
      ...properties,
      provisioningState: environment.provisioningState,
      daprAIInstrumentationKey: null,
      daprAIConnectionString: null,
      defaultDomain: `${environment.name}-${suffix}.${environment.location}.localhost`,
      staticIp: "127.0.0.1",
      appLogsConfiguration: {
        destination: logs?.destination ?? null,
        logAnalyticsConfiguration:
          workspace === undefined ? null : { customerId: workspace.customerId, sharedKey: null },
      },
      kedaConfiguration: { version: "2.17.2" },
      daprConfiguration: { version: "1.13.6-msft.6" },
      eventStreamEndpoint: `${origin}${environment.id}/eventstream`,
    },
  };
}

/** 201 and a long operation, as for apps. */
export function putEnvironment(cloud: Cloud, call: Call): Reply {
  const { group, environment: name } = call.params as { group: string; environment: string };
  const owner = findGroup(cloud, group, true);
  const id = resourceId(owner.name, type, name);
  const existing = cloud.environments.get(key(id));
  if (existing !== undefined) guard(existing);
  const body = accept(cloud, call.body ?? null, false);
  const location = normaliseLocation(body.location);
  if (existing !== undefined && existing.location !== location)
    throw errors.locationConflict(name, existing.location, location);
  const environment: Environment = existing ?? {
    id,
    name,
    group: owner.name,
    location,
    tags: undefined,
    properties: {},
    provisioningState: "InProgress",
    ...stamp(call.caller),
  };
  cloud.environments.set(key(id), environment);
  return { status: 201, body: read(environment, call.origin), headers: change(cloud, call, environment, body) };
}

/** 202 and a long operation; what the patch leaves out stays, the shared key included. */
export function patchEnvironment(cloud: Cloud, call: Call): Reply {
  const environment = guard(one(cloud, call));
  const body = accept(cloud, call.body ?? null, true);
  const merged = mergePatch({ tags: environment.tags ?? {}, properties: environment.properties } as JsonObject, body);
  refuseLogs(merged as JsonObject);
  return { status: 202, headers: change(cloud, call, environment, merged as JsonObject) };
}

/**
 * The workload profile that an app of this environment runs on. One made without profiles is "Consumption only": it has none
 * that could be named (Azure/bicep-registry-modules#2517 has the service's words, not its code).
 */
export function workloadProfile({ properties }: Environment, asked: string | undefined): string | undefined {
  if (properties.workloadProfiles?.length) return asked ?? "Consumption";
  if (asked === undefined) return undefined;
  throw errors.invalid(
    "ContainerAppWorkloadProfileNotAllowed",
    "Cannot specify workload profile name for container app in Consumption Only environment.",
  );
}

/** One operation at a time, as for apps. */
function guard(environment: Environment): Environment {
  const { provisioningState } = environment;
  if (provisioningState === "Succeeded" || provisioningState === "Failed") return environment;
  throw errors.environmentOperationInProgress(environment.name);
}

function accept(cloud: Cloud, received: Json, partial: boolean): JsonObject {
  const body = cloud.validator.named("ManagedEnvironment", received);
  const problems = cloud.validator.problems("ManagedEnvironment", body, partial);
  if (problems.length > 0) throw errors.invalidBody(problems);
  const clean = partial ? (body as JsonObject) : cloud.validator.writable("ManagedEnvironment", body as JsonObject);
  if (!partial) refuseLogs(clean);
  return clean;
}

function change(cloud: Cloud, call: Call, environment: Environment, body: JsonObject): Record<string, string> {
  Object.assign(environment, {
    tags: tagsOf(body.tags),
    properties: body.properties ?? {},
    provisioningState: "InProgress",
    ...stamp(call.caller, environment.systemData),
  });
  const finish = (provisioningState: Environment["provisioningState"]) => (): void => {
    environment.provisioningState = provisioningState;
  };
  const operation = cloud.operations.start(async () => {}, {
    succeeded: finish("Succeeded"),
    failed: finish("Failed"),
    result: (origin) => read(environment, origin),
  });
  return operationHeaders(call, operation, environment.location, "managedEnvironment");
}

const one = (cloud: Cloud, { params }: Call): Environment =>
  find(cloud, cloud.environments, type, params.group ?? "", params.environment ?? "");

export const getEnvironment = (cloud: Cloud, call: Call): Reply => ({
  status: 200,
  body: read(one(cloud, call), call.origin),
});

export const listEnvironments = (cloud: Cloud, call: Call): Reply => {
  const { group } = call.params;
  if (group !== undefined) findGroup(cloud, group);
  const found = group === undefined ? [...cloud.environments.values()] : inGroup(cloud.environments, group);
  return { status: 200, body: { value: found.map((environment) => read(environment, call.origin)) } };
};

/** An environment with apps stays; an absent one is 204. */
export function deleteEnvironment(cloud: Cloud, call: Call): Reply {
  const { group, environment: name } = call.params as { group: string; environment: string };
  const environment = cloud.environments.get(key(resourceId(findGroup(cloud, group).name, type, name)));
  if (environment === undefined) return { status: 204 };
  const apps = [...cloud.apps.values()].filter((app) => key(app.body.properties.environmentId) === key(environment.id));
  if (apps.length > 0)
    throw errors.environmentInUse(
      environment.name,
      apps.map((app) => app.name),
    );
  guard(environment).provisioningState = "Deleting";
  const operation = cloud.operations.start(async () => forgetEnvironment(cloud, environment.id), {
    failed: () => Object.assign(environment, { provisioningState: "Failed" }),
  });
  return { status: 202, headers: operationHeaders(call, operation, environment.location, "managedEnvironment") };
}
