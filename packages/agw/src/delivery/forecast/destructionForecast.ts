import {
  appType,
  at,
  changesOf,
  type PreviewDigest,
  type ResourceChange,
  statesOf,
  typeOf,
  unknownValue,
} from "../digest/previewDigest.ts";
import { forecastIngress } from "./ingressForecast.ts";

/** Resources whose loss takes down the gateway, its address or its logs, outermost first. */
const kinds = {
  "resource group": { type: "azure-native:resources:ResourceGroup", name: "resourceGroupName" },
  workspace: { type: "azure-native:operationalinsights:Workspace", name: "workspaceName" },
  environment: { type: "azure-native:app:ManagedEnvironment", name: "environmentName" },
  app: { type: appType, name: "containerAppName" },
} as const;

export type Kind = keyof typeof kinds;

/** A property that can't change in place, so its resource is replaced. A value that the preview doesn't show is undefined. */
export interface Cause {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A live resource that the update destroys. */
export interface Lost {
  readonly kind: Kind;
  /** Its name in Azure. */
  readonly name: string;
  /** Whether the update creates it again. */
  readonly rebuilt: boolean;
  /** What causes the replacement; empty if another resource's replacement causes it, or if it is a deletion. */
  readonly because: readonly Cause[];
}

/**
 * What happens to the address: it `stays` with the app, `returns` once the app is rebuilt, `changes` to another host name,
 * or is `removed` for good. `none`: the app has no ingress.
 */
export type AddressFate = "none" | "stays" | "returns" | "changes" | "removed";

/**
 * What happens to the logs. `recovered`: Azure recovers a deleted workspace that is recreated in the same place.
 * `name reserved`: they are deleted, and the workspace can't be rebuilt elsewhere, because Azure reserves its name for
 * 14 days.
 */
export type LogsFate = "kept" | "deleted" | "recovered" | "name reserved";

/** What an update destroys in a deployed stack. */
export interface Destruction {
  /** At least one; outermost first. */
  readonly lost: readonly Lost[];
  readonly address: AddressFate;
  readonly logs: LogsFate;
}

/**
 * Finds what the update destroys in a deployed stack; undefined if nothing. Also undefined for a first deployment, which
 * has nothing to lose, and for a `pulumi destroy` (it deletes the stack's root resource), where destruction is the point.
 */
export function forecastDestruction(digest: PreviewDigest): Destruction | undefined {
  const lost = lostResources(digest);
  if (lost.length === 0 || isDestroy(digest)) return undefined;
  const changes = changesOf(digest);
  return { lost, address: addressFate(digest, changes), logs: logsFate(digest, changes.filter(isLost)) };
}

/** Returns the resources of these kinds that the preview replaces or deletes, outermost first. */
export function lostResources(digest: PreviewDigest): Lost[] {
  const order = Object.keys(kinds);
  const lost = changesOf(digest).filter(isLost).map(lostOf);
  return lost.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

const isDestroy = (digest: PreviewDigest): boolean =>
  (digest.steps ?? []).some(({ op, urn }) => op === "delete" && typeOf(urn) === "pulumi:pulumi:Stack");

const kindOf = (type: string): Kind | undefined =>
  (Object.keys(kinds) as Kind[]).find((kind) => kinds[kind].type === type);

const isLost = ({ type, op }: ResourceChange): boolean =>
  kindOf(type) !== undefined && (op === "replace" || op === "delete");

const ofKind = (changes: readonly ResourceChange[], kind: Kind): ResourceChange | undefined =>
  changes.find(({ type }) => type === kinds[kind].type);

function lostOf(change: ResourceChange): Lost {
  // isLost only lets these kinds through.
  const kind = kindOf(change.type) as Kind;
  const because = change.replaceReasons.map((path) => ({
    path,
    before: known(at(change.before?.inputs, path)),
    after: known(at(change.after?.inputs, path)),
  }));
  return { kind, name: nameIn(kind, change), rebuilt: change.op === "replace", because };
}

function nameIn(kind: Kind, { before, name }: ResourceChange): string {
  const given = at(before?.inputs, kinds[kind].name) ?? before?.id?.split("/").at(-1);
  return typeof given === "string" && given !== "" ? given : name;
}

const known = (value: unknown): unknown => (value === unknownValue ? undefined : value);

function addressFate(digest: PreviewDigest, changes: readonly ResourceChange[]): AddressFate {
  const app = changes.find((change) => change.type === appType && isLost(change)) ?? ofKind(changes, "app");
  const around = (["resource group", "environment"] as const)
    .map((kind) => ofKind(changes, kind))
    .filter((change) => change !== undefined && isLost(change));
  if (around.length === 0 && (app === undefined || !isLost(app))) return "stays";
  const ingress = app === undefined ? undefined : forecastIngress(app);
  if (ingress?.kind === "absent" || (app === undefined && !hasIngress(digest))) return "none";
  // A created app was deleted earlier, but its clients may still use the address.
  const rebuilt = app?.op === "replace" || app?.op === "create";
  if (!rebuilt || ingress?.kind === "removed") return "removed";
  const moved = ["containerAppName", "environmentId"].some((path) => differs(app, path));
  const environmentLost = around.some((change) => change?.type === kinds.environment.type);
  return moved || environmentLost || ingress?.kind === "moves" ? "changes" : "returns";
}

/** Whether an app that the update doesn't change has an ingress. */
function hasIngress(digest: PreviewDigest): boolean {
  const { old, next } = statesOf(digest, appType);
  const configuration = [...old, ...next].map(({ inputs }) => inputs?.configuration).at(-1);
  // A hidden or missing configuration may have one.
  return typeof configuration !== "object" || at(configuration, "ingress") !== undefined;
}

/** Whether a value changes; false unless the preview shows it both before and after. */
function differs({ before, after }: ResourceChange, path: string): boolean {
  const [old, next] = [known(at(before?.inputs, path)), known(at(after?.inputs, path))];
  return old !== undefined && next !== undefined && old !== next;
}

function logsFate(digest: PreviewDigest, lost: readonly ResourceChange[]): LogsFate {
  const [group, workspace] = [ofKind(lost, "resource group"), ofKind(lost, "workspace")];
  if (workspace === undefined) return group !== undefined && hasWorkspace(digest) ? "deleted" : "kept";
  if (workspace.op === "delete" || differs(workspace, kinds.workspace.name)) return "deleted";
  const place = (property: string, of: "before" | "after"): unknown =>
    known(at(workspace[of]?.inputs, property)) ?? known(at(group?.[of]?.inputs, property));
  // A workspace's name is unique only within its resource group.
  if (place("resourceGroupName", "before") !== place("resourceGroupName", "after")) return "deleted";
  const [from, to] = [place("location", "before"), place("location", "after")];
  if (to === undefined) return "deleted";
  return sameRegion(from, to) ? "recovered" : "name reserved";
}

const hasWorkspace = (digest: PreviewDigest): boolean =>
  Object.values(statesOf(digest, kinds.workspace.type)).some((states) => states.length > 0);

/** Azure writes a region in two ways: `eastus2` and `East US 2`. */
function sameRegion(a: unknown, b: unknown): boolean {
  const plain = (region: unknown) => String(region).toLowerCase().replaceAll(" ", "");
  return plain(a) === plain(b);
}
