import { type AppOfDefault, appOptions } from "../az/appOptions.ts";
import type { LiveResource } from "../live/liveResources.ts";
import { isRecorded } from "../live/ownNames.ts";
import { ownSecretsTag } from "../live/tags.ts";

/** The part of a live app that shows its secrets and which of them this stack declared. */
export type AppWithSecrets = Pick<LiveResource, "tags" | "configuration">;

/** Names of secrets that an update may delete or replace. */
export interface KnownSecrets {
  /** Declared by this update. */
  readonly declared: readonly string[];
  /** In the stack's state with a value, so this stack must have set them. */
  readonly recorded: readonly string[];
  /** Listed in the `dropSecrets` setting. */
  readonly dropped: readonly string[];
}

/**
 * Secrets on the live app that a PUT would delete although this stack does not own them. A PUT replaces the whole list,
 * and a GET returns no values, so the values cannot be carried over.
 */
export function foreignSecrets(live: AppWithSecrets, known: KnownSecrets): string[] {
  const all = new Set([...known.declared, ...known.recorded, ...known.dropped].map((name) => name.toLowerCase()));
  return (live.configuration?.secrets ?? [])
    .map(({ name }) => name ?? "")
    .filter((name) => !all.has(name.toLowerCase()) && !isRecorded(live.tags?.[ownSecretsTag], name));
}

/** The message that stops the update. */
export function foreignSecretsMessage(app: AppOfDefault, foreign: readonly string[]): string {
  const [first = "", ...others] = foreign;
  const [secrets, them] = others.length > 0 ? ["secrets", "them"] : ["a secret", "it"];
  const names = foreign.map((name) => `'${name}'`).join(", ");
  const which = appOptions(app).join(" ");
  return [
    `container app '${app.containerAppName}' has ${secrets} that this stack does not declare: ${names}. An update replaces all ` +
      `secrets, and reading the app doesn't return their values, so this update would delete ${them}. The app was not changed.`,
    "  To keep a value as an environment variable of the gateway: pulumi config set --secret --path 'secretEnv.NAME', then drop the old secret.",
    `  To drop '${first}': az containerapp secret remove ${which} --secret-names ${first}, ` +
      `or, if the app still uses it, let pulumi up overwrite it and the next one delete it: pulumi config set --path 'dropSecrets[0]' ${first} --plaintext`,
  ].join("\n");
}
