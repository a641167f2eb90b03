import { appType, changesOf, type PreviewDigest, type ResourceChange } from "../digest/previewDigest.ts";
import { differingPaths } from "../digest/propertyDiff.ts";
import type { AffinityForecast } from "./affinityForecast.ts";
import { type Kind, lostResources } from "./destructionForecast.ts";
import { forecastIngress, type IngressForecast } from "./ingressForecast.ts";

/**
 * What an update does to the MCP sessions that live on the gateway at that moment. `refusing`: paths of settings that may
 * keep their clients out; left out where there are none.
 */
export type SessionsForecast = Fate & { readonly refusing?: readonly string[] };

type Fate =
  | { readonly kind: "none yet" }
  | { readonly kind: "nothing" }
  | { readonly kind: "new revision"; readonly because: readonly string[] }
  | { readonly kind: "unpinned" }
  | { readonly kind: "pinned anew" }
  | {
      readonly kind: "address goes";
      readonly what: Exclude<Kind, "workspace"> | "ingress";
      readonly op: "replace" | "delete";
    }
  | { readonly kind: "address changes"; readonly to: "internal" | "external" | "another" }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * Decides from the steps of a preview what live sessions go through. Only a change of the app's `template` makes a new
 * revision, and so new replicas; ingress, secrets and tags do not. But the ingress has the address, and lets clients in.
 */
export function forecastSessions(digest: PreviewDigest, affinity: AffinityForecast): SessionsForecast {
  const changes = changesOf(digest);
  const app = changes.find((change) => change.type === appType);
  if (app?.op === "create") return { kind: "none yet" };
  for (const { kind, rebuilt } of lostResources(digest)) {
    if (kind !== "workspace") return { kind: "address goes", what: kind, op: rebuilt ? "replace" : "delete" };
  }
  if (app === undefined) return withoutRevision(affinity);
  const ingress = forecastIngress(app);
  const fate = ofLiveApp(app, ingress, affinity);
  return ingress.kind === "stays" && ingress.refusing.length > 0 ? { ...fate, refusing: ingress.refusing } : fate;
}

function ofLiveApp(app: ResourceChange, ingress: IngressForecast, affinity: AffinityForecast): Fate {
  if (ingress.kind === "absent") return { kind: "none yet" };
  if (ingress.kind === "removed") return { kind: "address goes", what: "ingress", op: "delete" };
  if (ingress.kind === "moves") return { kind: "address changes", to: ingress.to };
  const because = templateChanges(app);
  if (because.length > 0) return { kind: "new revision", because };
  if (affinity.kind === "unknown") return { kind: "unknown", why: affinity.why };
  const fate = withoutRevision(affinity);
  if (fate.kind === "nothing" && ingress.kind === "hidden") {
    return {
      kind: "unknown",
      why: "the app's configuration changes, and a secret in it makes the preview hide all of it",
    };
  }
  return fate;
}

function withoutRevision(affinity: AffinityForecast): Fate {
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
