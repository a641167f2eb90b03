import { readPreviewSentence } from "../../../../../src/component/verification/previewSentence.ts";
import {
  appType,
  at,
  changesOf,
  isObject,
  type PreviewDigest,
  type ResourceChange,
  type ResourceState,
  statesOf,
} from "../digest/previewDigest.ts";
import { lostResources } from "./destructionForecast.ts";

const commandType = "command:local:Command";
const affinityPath = "configuration.ingress.stickySessions.affinity";

/** Session affinity of a container app. Azure treats an unset value as `none`. */
export type Affinity = "sticky" | "none";

/** What an update does to session affinity, according to its preview. */
export type AffinityForecast =
  | { readonly kind: "first deployment"; readonly wanted: Affinity }
  | { readonly kind: "stays"; readonly wanted: Affinity }
  | { readonly kind: "turns on" }
  | { readonly kind: "turns off" }
  | { readonly kind: "drifted"; readonly live: Affinity; readonly wanted: Affinity }
  | { readonly kind: "adopted"; readonly live: Affinity }
  | { readonly kind: "removed" }
  | { readonly kind: "unknown"; readonly why: string };

/** Affinity at three points in time; undefined if the preview doesn't show it. */
interface AffinityMoments {
  /** As the last update recorded it. */
  readonly recorded: Affinity | undefined;
  /** On the live app if the preview refreshed, otherwise as recorded. */
  readonly live: Affinity | undefined;
  /** After the update. */
  readonly wanted: Affinity | undefined;
}

/**
 * Forecasts what happens to affinity from the steps of a preview. The app's own configuration decides. If a secret in it
 * makes the preview hide it, these are used instead: the verification's message about the live app, the environment of
 * the affinity command, and the paths that the provider reports as changed.
 */
export function forecastAffinity(digest: PreviewDigest): AffinityForecast {
  const app = changesOf(digest).find((change) => change.type === appType);
  if (app?.op === "delete" || (isKept(app) && losesGroup(digest))) return { kind: "removed" };
  const moments = momentsOf(digest, app);
  if (app?.op === "create") {
    return moments.wanted === undefined
      ? { kind: "unknown", why: "the preview hides the new app's configuration" }
      : { kind: "first deployment", wanted: moments.wanted };
  }
  return decide(moments, hidden(app?.before));
}

const isKept = (app: ResourceChange | undefined): boolean =>
  app === undefined || app.op === "update" || app.op === "import";

/** Azure deletes everything in a resource group along with it, even an app that the preview shows as kept. */
const losesGroup = (digest: PreviewDigest): boolean =>
  lostResources(digest).some(({ kind, rebuilt }) => kind === "resource group" && !rebuilt);

function decide({ recorded, live, wanted }: AffinityMoments, isHidden: boolean): AffinityForecast {
  if (live === undefined || wanted === undefined) {
    const why = isHidden
      ? "the preview hides the app's configuration because it contains a secret"
      : "the preview doesn't show the app's ingress settings";
    return { kind: "unknown", why };
  }
  if (live === wanted)
    return recorded !== undefined && recorded !== live ? { kind: "adopted", live } : { kind: "stays", wanted };
  // The record matches what is wanted and the live app doesn't, so it was changed outside. Anything else is intended.
  if (recorded === wanted) return { kind: "drifted", live, wanted };
  return { kind: wanted === "sticky" ? "turns on" : "turns off" };
}

function momentsOf(digest: PreviewDigest, app: ResourceChange | undefined): AffinityMoments {
  const command = momentsOfCommand(digest);
  const reported = momentsReported(digest);
  const states = statesOf(digest, appType);
  if (app === undefined) {
    // The app has no change, so what the refresh read is what stays.
    const recorded = affinityIn(states.old[0]) ?? command.recorded;
    const live = affinityIn(states.next.at(-1)) ?? reported.live ?? recorded;
    return { recorded, live, wanted: reported.wanted ?? live };
  }
  const wanted = affinityIn(app.after, true) ?? reported.wanted ?? command.wanted;
  const recorded = affinityIn(app.recorded) ?? command.recorded;
  const hiddenLive = hidden(app.before) ? liveFromPaths(app, wanted, recorded) : recorded;
  const live = affinityIn(app.before) ?? reported.live ?? hiddenLive;
  return { recorded: recorded ?? live, live, wanted };
}

/** If the provider reports affinity as changed, the hidden live value must be the opposite of the wanted one. */
function liveFromPaths(app: ResourceChange, wanted: Affinity | undefined, recorded: Affinity | undefined) {
  if (app.paths.some((path) => path.startsWith("configuration.ingress.stickySessions"))) {
    return wanted === "sticky" ? "none" : "sticky";
  }
  // A change reported for the whole configuration may or may not include affinity.
  return app.paths.includes("configuration") ? undefined : recorded;
}

function hidden(state: ResourceState | undefined): boolean {
  return state !== undefined && typeof state.inputs?.configuration === "string";
}

function affinityIn(state: ResourceState | undefined, inputsOnly = false): Affinity | undefined {
  if (state === undefined) return undefined;
  for (const properties of inputsOnly ? [state.inputs] : [state.inputs, state.outputs]) {
    const value = asAffinity(at(properties, affinityPath));
    if (value !== undefined) return value;
  }
  // A visible configuration without affinity, or without ingress, means none to Azure.
  return isObject(state.inputs?.configuration) ? "none" : undefined;
}

function momentsOfCommand(digest: PreviewDigest): Pick<AffinityMoments, "recorded" | "wanted"> {
  const { old, next } = statesOf(digest, commandType);
  const read = (state: ResourceState | undefined) => asAffinity(at(state?.inputs, "environment.AFFINITY"));
  return {
    recorded: old.map(read).find((value) => value !== undefined),
    wanted: next.map(read).findLast((value) => value !== undefined),
  };
}

/** Affinity as the verification reports it during a preview; it reads the live app itself. */
function momentsReported(digest: PreviewDigest): { live: Affinity | undefined; wanted: Affinity | undefined } {
  const reported = (digest.diagnostics ?? []).map(({ message = "" }) => readPreviewSentence(message));
  const { live, wanted } = reported.find((sentence) => sentence !== undefined) ?? {};
  return { live: asAffinity(live), wanted };
}

const asAffinity = (value: unknown): Affinity | undefined =>
  value === "sticky" || value === "none" ? value : undefined;
