import { randomUUID } from "node:crypto";
import { errors } from "./errors.ts";
import { isObject } from "./json.ts";
import { identity } from "./token.ts";

/** What all types of resources share: ids, tags, and who wrote them when. */

export interface SystemData {
  readonly createdBy: string;
  readonly createdByType: "Application";
  readonly createdAt: string;
  readonly lastModifiedBy: string;
  readonly lastModifiedByType: "Application";
  readonly lastModifiedAt: string;
}

/** What every stored resource has. Names keep the case that they were created with; keys of the store are in lower case. */
export interface Tracked {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  /** As ARM normalises it: `eastus`. */
  readonly location: string;
  tags: Readonly<Record<string, string>> | undefined;
  etag: string;
  systemData: SystemData;
}

/** Keys of the data plane and the store. */
export const key = (id: string): string => id.toLowerCase();

export const groupId = (name: string): string => `/subscriptions/${identity.subscription}/resourceGroups/${name}`;

/** `resourceId("rg", "Microsoft.App/containerapps", "app")`. */
export const resourceId = (group: string, type: string, name: string): string =>
  `${groupId(group)}/providers/${type}/${name}`;

/** Tags are strings; ARM refuses anything else. */
export function tagsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (isObject(value) && Object.values(value).every((tag) => typeof tag === "string"))
    return value as Record<string, string>;
  throw errors.invalid("InvalidTags", "The tags must be an object of strings.");
}

/** Marks a write: a new ETag, and who wrote when; creation stays as it was. */
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
