import { appType, changesOf, type PreviewDigest, type ResourceChange } from "../digest/previewDigest.ts";
import type { AffinityForecast } from "./affinityForecast.ts";
import { type Kind, lostResources } from "./destructionForecast.ts";
import { forecastIngress } from "./ingressForecast.ts";
import { forecastEffects, type LiveEffects, type UnknownEffect } from "./liveEffects.ts";
import { type LiveTargets, liveTargets } from "./liveTargets.ts";

/** What an update does to the MCP sessions that are live on the gateway. */
export type SessionsForecast =
  | { readonly kind: "none yet" }
  /** `elsewhere`: the update has other effects that clients notice. */
  | { readonly kind: "unaffected"; readonly elsewhere: boolean }
  | { readonly kind: "new revision"; readonly because: readonly string[]; readonly targets: LiveTargets }
  /** Replicas may move to other machines, or requests to another revision. */
  | { readonly kind: "moves"; readonly because: readonly string[] }
  | { readonly kind: "unpinned"; readonly targets: LiveTargets }
  | { readonly kind: "pinned" }
  | {
      readonly kind: "address lost";
      readonly what: Exclude<Kind, "workspace"> | "ingress";
      readonly op: "replace" | "delete";
    }
  | { readonly kind: "address changes"; readonly to: "internal" | "external" | "another" }
  /** The known effects don't concern sessions, but the effect of these changes isn't known. */
  | { readonly kind: "unknown"; readonly why?: string; readonly because: readonly UnknownEffect[] };

/** How an update affects live clients. */
export interface ClientsForecast {
  readonly sessions: SessionsForecast;
  readonly cuts: LiveEffects["cuts"];
  readonly unknown: LiveEffects["unknown"];
}

/** Forecasts what happens to live sessions and to clients from the steps of a preview. */
export function forecastClients(digest: PreviewDigest, affinity: AffinityForecast): ClientsForecast {
  const apps = changesOf(digest).filter(({ type }) => type === appType);
  const app = apps.find(({ op }) => op !== "create") ?? apps[0];
  if (app?.op === "create" || (app?.op === "update" && forecastIngress(app).kind === "absent"))
    return { sessions: { kind: "none yet" }, cuts: [], unknown: [] };
  const effects = forecastEffects(digest);
  return { sessions: sessionsOf(digest, app, affinity, effects), cuts: effects.cuts, unknown: effects.unknown };
}

function sessionsOf(
  digest: PreviewDigest,
  app: ResourceChange | undefined,
  affinity: AffinityForecast,
  { revision, move, cuts, unknown }: LiveEffects,
): SessionsForecast {
  for (const { kind, rebuilt } of lostResources(digest)) {
    if (kind !== "workspace") return { kind: "address lost", what: kind, op: rebuilt ? "replace" : "delete" };
  }
  const ingress = app?.op === "update" ? forecastIngress(app) : undefined;
  if (ingress?.kind === "removed") return { kind: "address lost", what: "ingress", op: "delete" };
  if (ingress?.kind === "moves") return { kind: "address changes", to: ingress.to };
  const targets = liveTargets(digest, app);
  if (revision.length > 0) return { kind: "new revision", because: revision, targets };
  if (move.length > 0) return { kind: "moves", because: move };
  if (app?.op === "update" && affinity.kind === "unknown")
    return { kind: "unknown", why: affinity.why, because: unknown };
  if (affinity.kind === "turns off" || (affinity.kind === "drifted" && affinity.wanted === "none"))
    return { kind: "unpinned", targets };
  if (affinity.kind === "turns on" || affinity.kind === "drifted") return { kind: "pinned" };
  return unknown.length > 0
    ? { kind: "unknown", because: unknown }
    : { kind: "unaffected", elsewhere: cuts.length > 0 };
}
