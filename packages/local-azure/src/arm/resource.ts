import { randomUUID } from "node:crypto";
import { errors } from "./errors.ts";
import { isObject } from "./json.ts";
import { identity } from "./token.ts";

/** What all resource types share: ids, tags, and who changed a resource when. */

export interface SystemData {
  readonly createdBy: string;
  readonly createdByType: "Application";
  readonly createdAt: string;
  readonly lastModifiedBy: string;
  readonly lastModifiedByType: "Application";
  readonly lastModifiedAt: string;
}

/**
 * Properties of every stored resource. Names keep the case that they were created with; the store's keys are lower
 * case.
 */
export interface Tracked {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  /** Region in ARM's normalized form, e.g. `eastus`. */
  readonly location: string;
  tags: Readonly<Record<string, string>> | undefined;
  etag: string;
  systemData: SystemData;
}

/** Returns the key of a resource in the store and in the data plane. */
export const key = (id: string): string => id.toLowerCase();

export const groupId = (name: string): string => `/subscriptions/${identity.subscription}/resourceGroups/${name}`;

/** Returns the id of a resource, e.g. `resourceId("rg", "Microsoft.App/containerapps", "app")`. */
export const resourceId = (group: string, type: string, name: string): string =>
  `${groupId(group)}/providers/${type}/${name}`;

/** Returns the tags of a body. @throws {ArmError} 400 if a value is not a string, as ARM does */
export function tagsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (isObject(value) && Object.values(value).every((tag) => typeof tag === "string"))
    return value as Record<string, string>;
  throw errors.invalid("InvalidTags", "Tags must be an object whose values are strings.");
}

/** Returns a new ETag and system data for a write. Keeps who created the resource and when. */
export function stamp(caller: string, before?: SystemData): { etag: string; systemData: SystemData } {
  const now = new Date().toISOString();
  return {
    etag: `"${randomUUID()}"`,
    systemData: {
      createdBy: before?.createdBy ?? caller,
      createdByType: "Application",
      createdAt: before?.createdAt ?? now,
      lastModifiedBy: caller,
      lastModifiedByType: "Application",
      lastModifiedAt: now,
    },
  };
}
