import { randomUUID } from "node:crypto";
import { type ArmError, errors } from "./errors.ts";
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

/** Returns the tags of a body. @throws {ArmError} 400 if Azure refuses them */
export function tagsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || !Object.values(value).every((tag) => typeof tag === "string"))
    throw errors.invalid("InvalidTags", "Tags must be an object whose values are strings.");
  const tags = value as Record<string, string>;
  const refused = tagsRefusal(tags);
  if (refused !== undefined) throw refused;
  return tags;
}

/**
 * Returns the error for tags that Azure refuses (Azure documentation, "Tag resources: limitations"; reserved prefixes:
 * REST API, `Tags_CreateOrUpdate`). The code and message for invalid characters are Azure's
 * (coreos/tectonic-installer#596).
 */
export function tagsRefusal(tags: Readonly<Record<string, string>> = {}): ArmError | undefined {
  const names = Object.keys(tags);
  const list = (broken: readonly string[]): string => `'${broken.join(", ")}'`;
  const reserved = names.filter((name) => /[<>%&\\?/\p{Cc}]/u.test(name));
  if (reserved.length > 0) {
    return errors.invalid(
      "InvalidTagNameCharacters",
      `The tag names ${list(reserved)} have reserved characters '<,>,%,&,\\,?,/' or control characters.`,
    );
  }
  const bad = names.filter(
    (name, index) =>
      name === "" ||
      name.length > 512 ||
      /^(microsoft|azure|windows)/i.test(name) ||
      names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) !== index,
  );
  if (bad.length > 0)
    return errors.invalid("InvalidTagName", `The tag names ${list(bad)} are empty, too long, reserved or duplicate.`);
  const long = names.filter((name) => (tags[name] ?? "").length > 256);
  if (long.length > 0)
    return errors.invalid("InvalidTagValue", `The values of the tags ${list(long)} are longer than 256 characters.`);
  if (names.length <= 50) return undefined;
  return errors.invalid("InvalidTagCount", `A resource can have at most 50 tags, got ${names.length}.`);
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
