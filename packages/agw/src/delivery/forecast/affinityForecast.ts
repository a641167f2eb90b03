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

/** Session affinity of a Container App; unset reads as none. */
export type Affinity = "sticky" | "none";

/** What an update does to session affinity, as far as its preview shows. */
export type AffinityForecast =
  | { readonly kind: "first deployment"; readonly wanted: Affinity }
  | { readonly kind: "stays"; readonly wanted: Affinity }
  | { readonly kind: "turns on" }
  | { readonly kind: "turns off" }
  | { readonly kind: "drifted"; readonly live: Affinity; readonly wanted: Affinity }
  | { readonly kind: "adopted"; readonly live: Affinity }
  | { readonly kind: "removed" }
  | { readonly kind: "unknown"; readonly why: string };

/** Affinity at three moments; undefined where the preview does not show it. */
interface AffinityMoments {
  /** Recorded by the last update. */
  readonly recorded: Affinity | undefined;
  /** Of the live app, where the preview refreshed; else as recorded. */
  readonly live: Affinity | undefined;
  /** After the update. */
  readonly wanted: Affinity | undefined;
}

/**
 * Decides from the steps of a preview what happens to affinity. The app itself is the witness; where its configuration
 * is hidden because it holds a secret, what the program's verification says of the live app, the affinity command's
 * environment and the provider's paths stand in.
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

const isKept = (app: ResourceChange | undefined): boolean => app === undefined || app.op === "update";

/** Azure deletes everything in a resource group with it, whatever the steps say of the app. */
const losesGroup = (digest: PreviewDigest): boolean =>
  lostResources(digest).some(({ kind, rebuilt }) => kind === "resource group" && !rebuilt);

function decide({ recorded, live, wanted }: AffinityMoments, isHidden: boolean): AffinityForecast {
  if (live === undefined || wanted === undefined) {
    const why = isHidden
      ? "the app's configuration changes, and a secret in it makes the preview hide all of it"
      : "the preview shows no Container App whose ingress can be read";
    return { kind: "unknown", why };
  }
  if (live === wanted)
    return recorded !== undefined && recorded !== live ? { kind: "adopted", live } : { kind: "stays", wanted };
  // Recorded as wanted, live otherwise: somebody changed it outside. All else is a change that was asked for.
  if (recorded === wanted) return { kind: "drifted", live, wanted };
  return { kind: wanted === "sticky" ? "turns on" : "turns off" };
}

function momentsOf(digest: PreviewDigest, app: ResourceChange | undefined): AffinityMoments {
  const command = momentsOfCommand(digest);
  const said = momentsSaid(digest);
  const states = statesOf(digest, appType);
  if (app === undefined) {
    // No step but the refresh: what it read is what stays.
    const recorded = affinityIn(states.old[0]) ?? command.recorded;
    const live = affinityIn(states.next.at(-1)) ?? said.live ?? recorded;
    return { recorded, live, wanted: said.wanted ?? live };
  }
  const wanted = affinityIn(app.after, true) ?? said.wanted ?? command.wanted;
  const recorded = affinityIn(app.recorded) ?? command.recorded;
  const unseen = hidden(app.before) ? liveFromPaths(app, wanted, recorded) : recorded;
  const live = affinityIn(app.before) ?? said.live ?? unseen;
  return { recorded: recorded ?? live, live, wanted };
}

/** Hidden values, but the provider names the path that differs: then live is what the wish is not. */
function liveFromPaths(app: ResourceChange, wanted: Affinity | undefined, recorded: Affinity | undefined) {
  if (app.paths.some((path) => path.startsWith("configuration.ingress.stickySessions"))) {
    return wanted === "sticky" ? "none" : "sticky";
  }
  // A difference of the whole configuration may or may not be the affinity's.
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
  // Configuration is there and not hidden, but says nothing, or has no ingress at all: Azure reads that as none.
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

/** What verification says at a preview: it reads the live app itself. */
function momentsSaid(digest: PreviewDigest): { live: Affinity | undefined; wanted: Affinity | undefined } {
  const said = (digest.diagnostics ?? []).map(({ message = "" }) => readPreviewSentence(message));
  const { live, wanted } = said.find((sentence) => sentence !== undefined) ?? {};
  return { live: asAffinity(live), wanted };
}

const asAffinity = (value: unknown): Affinity | undefined =>
  value === "sticky" || value === "none" ? value : undefined;
