import { type AppOfDefault, appOptions } from "../az/appOptions.ts";
import { isRecorded } from "../live/ownNames.ts";
import { ownSecretsTag, type Tags } from "../live/tags.ts";

/** The part of a live app that says which secrets it has, and who put them there. */
export interface AppWithSecrets {
  readonly tags?: Tags | undefined;
  readonly configuration?:
    | { readonly secrets?: readonly { readonly name?: string | undefined }[] | undefined }
    | undefined;
}

/** Names of secrets by where they are known from. */
export interface KnownSecrets {
  /** That the update declares. */
  readonly declared: readonly string[];
  /** That the stack's state holds with a value: only the stack itself can have set them. */
  readonly recorded: readonly string[];
  /** That the `dropSecrets` setting gives up. */
  readonly dropped: readonly string[];
}

/**
 * Secrets of the live app that a PUT would delete although they are not this stack's. A PUT replaces the whole list, and a GET
 * returns no values, so nobody can carry them over.
 */
export function foreignSecrets(live: AppWithSecrets, known: KnownSecrets): string[] {
  const all = new Set([...known.declared, ...known.recorded, ...known.dropped].map((name) => name.toLowerCase()));
  return (live.configuration?.secrets ?? [])
    .map(({ name }) => name ?? "")
    .filter((name) => !all.has(name.toLowerCase()) && !isRecorded(live.tags?.[ownSecretsTag], name));
}

/** Why the update stops, and what to do about it. */
export function foreignSecretsMessage(app: AppOfDefault, foreign: readonly string[]): string {
  const [first = "", ...others] = foreign;
  const names = foreign.map((name) => `'${name}'`).join(", ");
  const which = appOptions(app).join(" ");
  return [
    `the container app '${app.containerAppName}' has ${others.length > 0 ? "secrets" : "a secret"} that this stack does not declare: ${names}. ` +
      "An update replaces all secrets, and Azure never returns their values, so it would delete " +
      `${others.length > 0 ? "these" : "this one"}. The app was not changed.`,
    "  To keep a value as a variable of the gateway: pulumi config set --secret --path 'secretEnv.NAME'; then drop the old secret.",
    `  To drop ${others.length > 0 ? "one" : "it"}: az containerapp secret remove ${which} --secret-names ${first}; ` +
      `or, if the app still uses it, let the update delete it: pulumi config set --path 'dropSecrets[0]' ${first}`,
  ].join("\n");
}
