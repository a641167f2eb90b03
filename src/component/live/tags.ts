import type { ResolvedArgs } from "../../args.ts";
import { acknowledged, acknowledgementTag } from "../../rules/facts.ts";
import { isRecorded, recordNames } from "./ownNames.ts";

export type Tags = Readonly<Record<string, string>>;

/** Records which of a resource's tags come from the `tags` setting. */
export const ownTagsTag = "agentgateway-tags";
/** Records, on the app, which of its secrets this stack has declared. */
export const ownSecretsTag = "agentgateway-secrets";

/**
 * Has an app written again whose last operation failed, although nothing about it has changed: Pulumi would see nothing to do,
 * and the app would stay as it is. It says which state was to be written again, and stays until the next failure.
 */
export const retryTag = "agentgateway-retry";

/** Tags that only this program writes, whatever they say on the live resource. */
const programTags = ["environment", acknowledgementTag, ownTagsTag, ownSecretsTag];

/** What the stack declares for a resource: the `tags` setting, then its own tags, which no setting overrides. */
export function declaredTags(args: ResolvedArgs, own: Tags = {}): Tags {
  const names = Object.keys(args.tags).filter((name) => !programTags.includes(name.toLowerCase()));
  return {
    ...args.tags,
    ...(names.length === 0 ? {} : { [ownTagsTag]: recordNames(names) }),
    ...own,
    // Policies choose their rules by it.
    environment: args.environment,
  };
}

/** The live app, as far as it says whether its last operation failed. */
export interface AppState {
  readonly provisioningState?: string | undefined;
  readonly systemData?: { readonly lastModifiedAt?: string | undefined } | undefined;
}

/** The tag that has a failed app written again; none if its last operation did not fail. */
export function retryTags(live: AppState | undefined): Tags {
  if (!/^(failed|canceled)$/i.test(live?.provisioningState ?? "")) return {};
  return { [retryTag]: live?.systemData?.lastModifiedAt ?? "unknown" };
}

/** The app's own tags: that its lack of affinity is meant, and which secrets are the stack's. */
export function appOwnTags(args: ResolvedArgs, secretNames: readonly string[]): Tags {
  return {
    ...(args.acknowledgeNoAffinity ? { [acknowledgementTag]: acknowledged } : {}),
    ...(secretNames.length === 0 ? {} : { [ownSecretsTag]: recordNames(secretNames) }),
  };
}

/**
 * The declared tags, and with them what others have put on the live resource, such as Azure Policy: a PUT replaces all tags,
 * so one that is left out is lost. A tag that the stack itself has declared before, and no longer does, goes. Azure compares
 * names of tags without regard to case.
 */
export function keepForeignTags(declared: Tags, live: Tags | undefined): Tags {
  const names = new Set([...Object.keys(declared), ...programTags].map((name) => name.toLowerCase()));
  const foreign = Object.entries(live ?? {}).filter(
    ([name]) => !names.has(name.toLowerCase()) && !isRecorded(live?.[ownTagsTag], name),
  );
  return { ...Object.fromEntries(foreign), ...declared };
}
