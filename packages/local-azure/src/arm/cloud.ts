import type { DataPlane } from "../dataPlane/contract/dataPlane.ts";
import type { Faults } from "./faults.ts";
import type { Operations } from "./operations.ts";
import { key, type Tracked } from "./resource.ts";
import type { ArmCall, ArmReply, Route } from "./router.ts";
import type { Tokens } from "./token.ts";
import type { Validator } from "./validate.ts";

/** Everything that exists in the local Azure, in memory, and what its handlers work with. */
export interface Cloud {
  /** The registry: what is modelled. A type comes after those that its resources need. */
  readonly types: readonly ResourceType[];
  /** By type, then by id in lower case; read through {@link collection}. */
  readonly resources: ReadonlyMap<string, Map<string, unknown>>;
  readonly operations: Operations;
  readonly faults: Faults;
  readonly dataPlane: DataPlane;
  readonly validator: Validator;
  readonly tokens: Tokens;
  readonly log: (line: string) => void;
}

/** One ARM type, all that the rest of the local Azure knows of it. */
export interface ResourceType {
  /** For example `Microsoft.App/containerApps`. */
  readonly type: string;
  /** The API versions of its routes; those of a list are what its provider says it supports, oldest first. */
  readonly versions: Route["versions"];
  readonly routes: readonly ResourceRoute[];
  /** What `az resource list` shows of it. */
  readonly list?: (cloud: Cloud) => readonly Tracked[];
  /** Names of its resources that need the resource of this id, which therefore cannot be deleted. */
  readonly usersOf?: (cloud: Cloud, id: string) => readonly string[];
  /** Ends what its resources in the group run. The group removes the resources themselves, in all types, afterwards. */
  readonly onGroupDelete?: (cloud: Cloud, group: string) => Promise<void>;
}

/** `versions`: if they are not those of the type. */
export type ResourceRoute = readonly [
  method: string,
  path: string,
  handle: (cloud: Cloud, call: ArmCall) => ArmReply | Promise<ArmReply>,
  versions?: Route["versions"],
];

/** Where resources are: paths that types begin theirs with. */
const subscription = "/subscriptions/{subscription}";
export const scope = { subscription, group: `${subscription}/resourcegroups/{group}` } as const;

/** The lists of a type: all in the subscription, and all in a group. */
export const listRoutes = (type: string, list: ResourceRoute[2]): ResourceRoute[] =>
  Object.values(scope).map((path) => ["GET", `${path}/providers/${type}`, list]);

/** An empty one. */
export const createCloud = (parts: Omit<Cloud, "resources">): Cloud => ({
  resources: new Map(parts.types.map(({ type }) => [type, new Map()])),
  ...parts,
});

/** Gives access to all resources of a type, by id in lower case. */
export const collection =
  <T>(type: string) =>
  (cloud: Cloud): Map<string, T> =>
    cloud.resources.get(type) as Map<string, T>;

/** Removes a resource and all that lies below its id, of whichever type. */
export function removeResource(cloud: Cloud, id: string): void {
  for (const stored of cloud.resources.values()) {
    for (const name of stored.keys()) {
      if (name === key(id) || name.startsWith(`${key(id)}/`)) stored.delete(name);
    }
  }
}
