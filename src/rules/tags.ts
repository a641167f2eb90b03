/** Names of tags that this program sets itself, also those of src/component/live/tags.ts. Azure ignores their case. */
const ownNames = /^(environment|agentgateway-.*)$/i;

/**
 * The rule that the name of a tag breaks, if any (Azure documentation, "Tag resources: limitations"; the prefixes are
 * those of the REST API's `Tags_CreateOrUpdate`). `names` are those of all tags. `live` also allows tags of this program
 * and of Azure's services.
 */
export function tagNameRule(name: string, names: readonly string[], live = false): string | undefined {
  const same = names.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  // Azure's limit is 50. This program sets up to 5 on an app.
  const most = live ? 50 : 45;
  if (names.indexOf(name) >= most)
    return `must be one of at most ${most} tags: Azure allows 50, and this program sets up to 5`;
  if (name.trim() === "") return "must have a name";
  if (/[<>%&\\?/\p{Cc}]/u.test(name)) return "must have a name without <, >, %, &, \\, ?, / and control characters";
  if (name.length > 512) return "must have a name of at most 512 characters";
  if (!live && /^(microsoft|azure|windows)/i.test(name))
    return "must not start with microsoft, azure or windows: Azure reserves these";
  if (!live && name !== "environment" && ownNames.test(name))
    return "must have another name: this program sets this tag";
  return same === undefined ? undefined : "must differ from the other names in more than case: Azure ignores the case";
}

/** The rule that the value of a tag breaks, if any. */
export function tagValueRule(value: string): string | undefined {
  if (value.length > 256) return "must have at most 256 characters";
  return /\p{Cc}/u.test(value) ? "must not contain control characters" : undefined;
}
