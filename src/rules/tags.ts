/** Names of tags that this program sets itself, also those of src/component/live/tags.ts. Azure ignores their case. */
const ownNames = /^(environment|agentgateway-.*)$/i;

/**
 * The rule that the name of a tag breaks, if any (Azure documentation, "Tag resources: limitations"; the prefixes are
 * those of the REST API's `Tags_CreateOrUpdate`). `names` are those of all tags. `own` also allows this program's tags.
 */
export function tagNameRule(name: string, names: readonly string[], own = false): string | undefined {
  const same = names.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  if (name.trim() === "") return "must have a name";
  if (/[<>%&\\?/\p{Cc}]/u.test(name)) return "must have a name without <, >, %, &, \\, ?, / and control characters";
  if (name.length > 512) return "must have a name of at most 512 characters";
  if (/^(microsoft|azure|windows)/i.test(name))
    return "must not start with microsoft, azure or windows: Azure reserves these";
  if (!own && name !== "environment" && ownNames.test(name))
    return "must have another name: this program sets this tag";
  return same === undefined ? undefined : "must differ from the other names in more than case: Azure ignores the case";
}

/** The rule that the value of a tag breaks, if any. */
export const tagValueRule = (value: string): string | undefined =>
  value.length > 256
    ? "must have at most 256 characters"
    : /\p{Cc}/u.test(value)
      ? "must not contain control characters"
      : undefined;

/** Azure's limit for the tags of one resource. */
export const mostTags = 50;
/** Tags of this program on an app: `environment` and four that start with `agentgateway-`. */
export const programTagCount = 5;
