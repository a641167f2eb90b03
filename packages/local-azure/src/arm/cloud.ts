import type { DataPlane } from "../dataPlane/contract/dataPlane.ts";
import type { Faults } from "./faults.ts";
import type { Operations } from "./operations.ts";
import { key, type Tracked } from "./resource.ts";
import type { ArmCall, ArmReply, Route } from "./router.ts";
import type { Tokens } from "./token.ts";
import type { Validator } from "./validate.ts";

/** State of the local Azure, all of it in memory, and the services that its handlers use. */
export interface Cloud {
  /** Every implemented type. Each one comes after the types that its resources depend on. */
  readonly types: readonly ResourceType[];
  /** Resources by type, then by lower-case id. Use {@link collection} to read them. */
  readonly resources: ReadonlyMap<string, Map<string, unknown>>;
  readonly operations: Operations;
  readonly faults: Faults;
  readonly dataPlane: DataPlane;
  readonly validator: Validator;
  readonly tokens: Tokens;
  readonly log: (line: string) => void;
}

/** One ARM type: everything that the rest of the local Azure needs to know about it. */
export interface ResourceType {
  /** For example `Microsoft.App/containerApps`. */
  readonly type: string;
  /** API versions that its routes accept. If they are a list (oldest first), its provider reports them as supported. */
  readonly versions: Route["versions"];
  readonly routes: readonly ResourceRoute[];
  /** Resources that `az resource list` shows. */
  readonly list?: (cloud: Cloud) => readonly Tracked[];
  /** Names of its resources that use the resource with this id, which therefore can't be deleted. */
  readonly usersOf?: (cloud: Cloud, id: string) => readonly string[];
  /** Whether its resources outlive the resource that they extend, and apply again if that is re-created. */
  readonly outlivesParent?: boolean;
  /** Stops whatever its resources in the group run. The group's deletion then removes the resources of all types. */
  readonly onGroupDelete?: (cloud: Cloud, group: string) => Promise<void>;
}

/** A route of a type. `versions` overrides those of the type. */
export type ResourceRoute = readonly [
  method: string,
  path: string,
  handle: (cloud: Cloud, call: ArmCall) => ArmReply | Promise<ArmReply>,
  versions?: Route["versions"],
];

const subscription = "/subscriptions/{subscription}";
/** Path prefixes that the types' routes start with. */
export const scope = { subscription, group: `${subscription}/resourcegroups/{group}` } as const;

/** Returns the two list routes of a type: all resources in the subscription, and all in a group. */
export const listRoutes = (type: string, list: ResourceRoute[2]): ResourceRoute[] =>
  Object.values(scope).map((path) => ["GET", `${path}/providers/${type}`, list]);

/** Creates a cloud without resources. */
export const createCloud = (parts: Omit<Cloud, "resources">): Cloud => ({
  resources: new Map(parts.types.map(({ type }) => [type, new Map()])),
  ...parts,
});

/** Returns a function that gets all resources of a type, by lower-case id. */
export const collection =
  <T>(type: string) =>
  (cloud: Cloud): Map<string, T> =>
    cloud.resources.get(type) as Map<string, T>;

/** Removes a resource and all resources below its ID, except those that outlive it. */
export function removeResource(cloud: Cloud, id: string): void {
  for (const { type, outlivesParent } of cloud.types) {
    if (outlivesParent) continue;
    const stored = collection<unknown>(type)(cloud);
    for (const name of stored.keys()) {
      if (name === key(id) || name.startsWith(`${key(id)}/`)) stored.delete(name);
    }
  }
}
