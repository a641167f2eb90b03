import type { ResolvedArgs } from "../../config/args.ts";
import { acknowledged, acknowledgementTag } from "../../rules/facts.ts";
import { isRecorded, recordNames } from "./ownNames.ts";

export type Tags = Readonly<Record<string, string>>;

/** Tag that records which of a resource's tags come from the `tags` setting. */
export const ownTagsTag = "agentgateway-tags";
/** Tag on the app that records which of its secrets this stack declared. */
export const ownSecretsTag = "agentgateway-secrets";

/**
 * Tag that makes Pulumi write an app again after a failed operation; without a change, Pulumi would leave it failed.
 * Its value is the time of the failed write. The tag stays until the next failure.
 */
export const retryTag = "agentgateway-retry";

/** Tags that only this program writes; their live values are ignored. */
const programTags = ["environment", acknowledgementTag, ownTagsTag, ownSecretsTag];

/** Tags that the stack declares for a resource: the `tags` setting, and `own` tags, which settings cannot override. */
export function declaredTags(args: ResolvedArgs, own: Tags = {}): Tags {
  const names = Object.keys(args.tags).filter((name) => !programTags.includes(name.toLowerCase()));
  return {
    ...args.tags,
    ...(names.length === 0 ? {} : { [ownTagsTag]: recordNames(names) }),
    ...own,
    // The policies depend on it.
    environment: args.environment,
  };
}

/** The part of the live app that shows whether its last operation failed. */
export interface AppState {
  readonly provisioningState?: string | undefined;
  readonly systemData?: { readonly lastModifiedAt?: string | undefined } | undefined;
}

/** Returns {@link retryTag} if the app's last operation failed. */
export function retryTags(live: AppState | undefined): Tags {
  if (!/^(failed|canceled)$/i.test(live?.provisioningState ?? "")) return {};
  return { [retryTag]: live?.systemData?.lastModifiedAt ?? "unknown" };
}

/** The program's tags on the app: that affinity is off on purpose, and which secrets the stack declares. */
export function appOwnTags(args: ResolvedArgs, secretNames: readonly string[]): Tags {
  return {
    ...(args.acknowledgeNoAffinity ? { [acknowledgementTag]: acknowledged } : {}),
    ...(secretNames.length === 0 ? {} : { [ownSecretsTag]: recordNames(secretNames) }),
  };
}

/**
 * Adds the tags that others, such as Azure Policy, have put on the live resource: a PUT replaces all tags and would
 * delete them. Tags that the stack declared earlier and no longer declares are dropped. Tag names are case-insensitive,
 * as in Azure.
 */
export function keepForeignTags(declared: Tags, live: Tags | undefined): Tags {
  const names = new Set([...Object.keys(declared), ...programTags].map((name) => name.toLowerCase()));
  const foreign = Object.entries(live ?? {}).filter(
    ([name]) => !names.has(name.toLowerCase()) && !isRecorded(live?.[ownTagsTag], name),
  );
  return { ...Object.fromEntries(foreign), ...declared };
}
