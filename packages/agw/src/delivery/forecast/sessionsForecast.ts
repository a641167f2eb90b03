import { appType, changesOf, type PreviewDigest, type ResourceChange } from "../digest/previewDigest.ts";
import { differingPaths } from "../digest/propertyDiff.ts";
import type { AffinityForecast } from "./affinityForecast.ts";
import { type Kind, lostResources } from "./destructionForecast.ts";
import { forecastIngress, type IngressForecast } from "./ingressForecast.ts";

/**
 * What an update does to the MCP sessions that are live on the gateway. `refusing` lists the paths of changed settings
 * that may make the ingress refuse clients; absent if there are none.
 */
export type SessionsForecast = Fate & { readonly refusing?: readonly string[] };

type Fate =
  | { readonly kind: "none yet" }
  | { readonly kind: "unaffected" }
  | { readonly kind: "new revision"; readonly because: readonly string[] }
  | { readonly kind: "unpinned" }
  | { readonly kind: "pinned" }
  | {
      readonly kind: "address lost";
      readonly what: Exclude<Kind, "workspace"> | "ingress";
      readonly op: "replace" | "delete";
    }
  | { readonly kind: "address changes"; readonly to: "internal" | "external" | "another" }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * Forecasts what happens to live sessions from the steps of a preview. Only a change to the app's `template` creates a
 * new revision and thus new replicas; a change to ingress, secrets or tags doesn't. The ingress still matters: it has
 * the address and decides which clients are let in.
 */
export function forecastSessions(digest: PreviewDigest, affinity: AffinityForecast): SessionsForecast {
  const changes = changesOf(digest);
  const app = changes.find((change) => change.type === appType);
  if (app?.op === "create") return { kind: "none yet" };
  for (const { kind, rebuilt } of lostResources(digest)) {
    if (kind !== "workspace") return { kind: "address lost", what: kind, op: rebuilt ? "replace" : "delete" };
  }
  if (app === undefined) return withoutRevision(affinity);
  const ingress = forecastIngress(app);
  const fate = ofLiveApp(app, ingress, affinity);
  return ingress.kind === "stays" && ingress.refusing.length > 0 ? { ...fate, refusing: ingress.refusing } : fate;
}

function ofLiveApp(app: ResourceChange, ingress: IngressForecast, affinity: AffinityForecast): Fate {
  if (ingress.kind === "absent") return { kind: "none yet" };
  if (ingress.kind === "removed") return { kind: "address lost", what: "ingress", op: "delete" };
  if (ingress.kind === "moves") return { kind: "address changes", to: ingress.to };
  const because = templateChanges(app);
  if (because.length > 0) return { kind: "new revision", because };
  if (affinity.kind === "unknown") return { kind: "unknown", why: affinity.why };
  const fate = withoutRevision(affinity);
  if (fate.kind === "unaffected" && ingress.kind === "hidden") {
    return { kind: "unknown", why: "the app's configuration changes, but the preview doesn't show how" };
  }
  return fate;
}

function withoutRevision(affinity: AffinityForecast): Fate {
  if (affinity.kind === "turns off" || (affinity.kind === "drifted" && affinity.wanted === "none")) {
    return { kind: "unpinned" };
  }
  if (affinity.kind === "turns on" || affinity.kind === "drifted") return { kind: "pinned" };
  return { kind: "unaffected" };
}

/** Returns the paths in the template that differ. If the preview hides the values, the provider's own paths are used. */
function templateChanges(app: ResourceChange): string[] {
  return differingPaths(app).filter((path) => /^template(?:[.[]|$)/.test(path));
}
