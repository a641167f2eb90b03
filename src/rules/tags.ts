/** Names of tags that this program sets itself, including those in src/component/live/tags.ts. Azure ignores case. */
const ownNames = /^(environment|agentgateway-.*)$/i;

/**
 * Returns the rule that a tag's name breaks, if any (Azure documentation, "Tag resources: limitations"; reserved
 * prefixes: REST API, `Tags_CreateOrUpdate`). `names` are the names of all tags. `live` also allows tags that this
 * program or Azure's services set.
 */
export function tagNameRule(name: string, names: readonly string[], live = false): string | undefined {
  const at = names.indexOf(name);
  const same = names.slice(0, at).find((other) => other.toLowerCase() === name.toLowerCase());
  // Azure's limit is 50. This program sets up to 5 on an app. One issue is enough, for the first tag too many.
  if (at === (live ? 50 : 45))
    return live
      ? "must not exceed 50 tags: Azure allows no more"
      : "must not exceed 45 tags: Azure allows 50, and this program sets up to 5";
  if (name.trim() === "") return "must have a name";
  if (/[<>%&\\?/\p{Cc}]/u.test(name)) return "must have a name without <, >, %, &, \\, ?, / and control characters";
  if (name.length > 512) return "must have a name of at most 512 characters";
  if (!live && /^(microsoft|azure|windows)/i.test(name))
    return "must not start with microsoft, azure or windows: Azure reserves these";
  if (!live && name !== "environment" && ownNames.test(name))
    return "must have another name: this program sets this tag itself";
  return same === undefined ? undefined : "must differ from earlier names in more than case: Azure ignores the case";
}

/** Returns the rule that a tag's value breaks, if any. */
export function tagValueRule(value: string): string | undefined {
  if (value.length > 256) return "must have at most 256 characters";
  return /\p{Cc}/u.test(value) ? "must not contain control characters" : undefined;
}
