import { type AffinityForecast, appType } from "./affinityForecast.ts";
import { changesOf, type PreviewDigest, type ResourceChange } from "./previewDigest.ts";
import { differingPaths } from "./propertyDiff.ts";

const environmentType = "azure-native:app:ManagedEnvironment";

/** What an update does to the MCP sessions that live on the gateway at that moment. */
export type SessionsForecast =
  | { readonly kind: "none yet" }
  | { readonly kind: "nothing" }
  | { readonly kind: "new revision"; readonly because: readonly string[] }
  | { readonly kind: "unpinned" }
  | { readonly kind: "pinned anew" }
  | { readonly kind: "address goes"; readonly what: "app" | "environment"; readonly op: "replace" | "delete" }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * Decides from the steps of a preview what live sessions go through. Only a change of the app's `template` makes a new
 * revision, and so new replicas; ingress, secrets and tags do not.
 */
export function forecastSessions(digest: PreviewDigest, affinity: AffinityForecast): SessionsForecast {
  const changes = changesOf(digest);
  const app = changes.find((change) => change.type === appType);
  if (app?.op === "create") return { kind: "none yet" };
  const gone = changes.find(
    (change) => [appType, environmentType].includes(change.type) && (change.op === "replace" || change.op === "delete"),
  );
  if (gone !== undefined) {
    const op = gone.op === "delete" ? "delete" : "replace";
    return { kind: "address goes", what: gone.type === appType ? "app" : "environment", op };
  }
  const because = app === undefined ? [] : templateChanges(app);
  if (because.length > 0) return { kind: "new revision", because };
  if (affinity.kind === "unknown" && app !== undefined) return { kind: "unknown", why: affinity.why };
  return withoutRevision(affinity);
}

function withoutRevision(affinity: AffinityForecast): SessionsForecast {
  if (affinity.kind === "turns off" || (affinity.kind === "drifted" && affinity.wanted === "none")) {
    return { kind: "unpinned" };
  }
  if (affinity.kind === "turns on" || affinity.kind === "drifted") return { kind: "pinned anew" };
  return { kind: "nothing" };
}

/** The parts of the template that differ, by path; as the provider names them where the preview hides the values. */
function templateChanges(app: ResourceChange): string[] {
  return differingPaths(app).filter((path) => /^template(?:[.[]|$)/.test(path));
}
