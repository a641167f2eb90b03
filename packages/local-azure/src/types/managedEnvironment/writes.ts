import { type Cloud, removeResource } from "../../arm/cloud.ts";
import { errors } from "../../arm/errors.ts";
import { type Json, type JsonObject, mergePatch } from "../../arm/json.ts";
import { operationHeaders } from "../../arm/operations.ts";
import { normalizeLocation, refuseMove } from "../../arm/regions.ts";
import { key, resourceId, stamp, tagsOf } from "../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { findGroup, lookInGroup } from "../resourceGroup/model.ts";
import { type Environment, environments, type } from "./model.ts";
import { findEnvironment, readEnvironment } from "./reads.ts";
import { guardEnvironment, refuseLogs } from "./rules.ts";

/** Creates or replaces an environment: 201 and a long-running operation, as for apps. */
export function putEnvironment(cloud: Cloud, call: ArmCall): ArmReply {
  const { group, environment: name } = call.params as { group: string; environment: string };
  const owner = findGroup(cloud, group, true);
  const id = resourceId(owner.name, type, name);
  const existing = environments(cloud).get(key(id));
  if (existing !== undefined) guardEnvironment(existing);
  const body = accept(cloud, call.body ?? null, false);
  const location = normalizeLocation(body.location);
  refuseMove(existing, name, location);
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
  environments(cloud).set(key(id), environment);
  return {
    status: 201,
    body: readEnvironment(environment, call.origin),
    headers: change(cloud, call, environment, body),
  };
}

/** Updates an environment: 202 and a long-running operation. Keeps what the patch omits, including the shared key. */
export function patchEnvironment(cloud: Cloud, call: ArmCall): ArmReply {
  const environment = guardEnvironment(findEnvironment(cloud, call));
  const body = accept(cloud, call.body ?? null, true);
  const merged = mergePatch({ tags: environment.tags ?? {}, properties: environment.properties } as JsonObject, body);
  refuseLogs(merged as JsonObject);
  return { status: 202, headers: change(cloud, call, environment, merged as JsonObject) };
}

function accept(cloud: Cloud, received: Json, partial: boolean): JsonObject {
  const body = cloud.validator.named("ManagedEnvironment", received);
  const problems = cloud.validator.problems("ManagedEnvironment", body, partial);
  if (problems.length > 0) throw errors.invalidBody(problems);
  const clean = partial ? (body as JsonObject) : cloud.validator.writable("ManagedEnvironment", body as JsonObject);
  if (!partial) refuseLogs(clean);
  return clean;
}

function change(cloud: Cloud, call: ArmCall, environment: Environment, body: JsonObject): Record<string, string> {
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
    result: (origin) => readEnvironment(environment, origin),
  });
  return operationHeaders(call, operation, environment.location, "managedEnvironment");
}

/** Deletes an environment: 202, 204 if it doesn't exist, 409 if it still has apps. */
export function deleteEnvironment(cloud: Cloud, call: ArmCall): ArmReply {
  const { group, environment: name } = call.params as { group: string; environment: string };
  const environment = lookInGroup(cloud, environments(cloud), type, group, name);
  if (environment === undefined) return { status: 204 };
  const users = cloud.types.flatMap(({ usersOf }) => usersOf?.(cloud, environment.id) ?? []);
  if (users.length > 0) throw errors.environmentInUse(environment.name, users);
  guardEnvironment(environment).provisioningState = "Deleting";
  const operation = cloud.operations.start(async () => removeResource(cloud, environment.id), {
    failed: () => Object.assign(environment, { provisioningState: "Failed" }),
  });
  return { status: 202, headers: operationHeaders(call, operation, environment.location, "managedEnvironment") };
}
