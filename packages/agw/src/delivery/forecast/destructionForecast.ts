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

/** The kinds of resources whose loss takes the gateway, its address or its logs, outermost first. */
const kinds = {
  "resource group": { type: "azure-native:resources:ResourceGroup", name: "resourceGroupName" },
  workspace: { type: "azure-native:operationalinsights:Workspace", name: "workspaceName" },
  environment: { type: "azure-native:app:ManagedEnvironment", name: "environmentName" },
  app: { type: appType, name: "containerAppName" },
} as const;

export type Kind = keyof typeof kinds;

/** Why a resource is replaced: a property that cannot change in place. A side that the preview does not show is undefined. */
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
  /** What asks for the replacement; empty when the resource goes because of another one, or is deleted. */
  readonly because: readonly Cause[];
}

/**
 * What becomes of the address: `stays` if the app does, `returns` once the app is rebuilt, `changes` to another host name, or
 * `goes` for good. `none`: the app has no ingress.
 */
export type AddressFate = "none" | "stays" | "returns" | "changes" | "goes";

/**
 * What becomes of the logs: they `stay`, they `go`, they `return` because Azure recovers a deleted workspace when it is created
 * again at the same place, or the `name is held`: Azure keeps it for 14 days, so the workspace cannot be rebuilt elsewhere.
 */
export type LogsFate = "stay" | "go" | "return" | "name is held";

/** What an update destroys of a stack that lives. */
export interface Destruction {
  /** Never empty; outermost first. */
  readonly lost: readonly Lost[];
  readonly address: AddressFate;
  readonly logs: LogsFate;
}

/**
 * Finds in a preview what the update destroys of a stack that lives; undefined if nothing. A first deployment has nothing to
 * lose, and the preview of a `pulumi destroy` (it deletes the stack's own root) announces only what was asked for.
 */
export function forecastDestruction(digest: PreviewDigest): Destruction | undefined {
  const lost = lostResources(digest);
  if (lost.length === 0 || isDestroy(digest)) return undefined;
  const changes = changesOf(digest);
  return { lost, address: addressFate(digest, changes), logs: logsFate(digest, changes.filter(isLost)) };
}

/** The resources of these kinds that the preview replaces or deletes, outermost first. */
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
  // isLost let only these kinds through.
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
  // Created: it is gone already, but its clients may still hold the address.
  const rebuilt = app?.op === "replace" || app?.op === "create";
  if (!rebuilt || ingress?.kind === "removed") return "goes";
  const moved = ["containerAppName", "environmentId"].some((path) => differs(app, path));
  const environmentLost = around.some((change) => change?.type === kinds.environment.type);
  return moved || environmentLost || ingress?.kind === "moves" ? "changes" : "returns";
}

/** Of an app that the preview shows only as it stays. */
function hasIngress(digest: PreviewDigest): boolean {
  const { old, next } = statesOf(digest, appType);
  const configuration = [...old, ...next].map(({ inputs }) => inputs?.configuration).at(-1);
  // A configuration that is hidden, or not shown at all, may have one.
  return typeof configuration !== "object" || at(configuration, "ingress") !== undefined;
}

/** Whether a value that the preview shows on both sides is another one afterwards. */
function differs({ before, after }: ResourceChange, path: string): boolean {
  const [old, next] = [known(at(before?.inputs, path)), known(at(after?.inputs, path))];
  return old !== undefined && next !== undefined && old !== next;
}

function logsFate(digest: PreviewDigest, lost: readonly ResourceChange[]): LogsFate {
  const [group, workspace] = [ofKind(lost, "resource group"), ofKind(lost, "workspace")];
  if (workspace === undefined) return group !== undefined && hasWorkspace(digest) ? "go" : "stay";
  if (workspace.op === "delete" || differs(workspace, kinds.workspace.name)) return "go";
  const place = (property: string, of: "before" | "after"): unknown =>
    known(at(workspace[of]?.inputs, property)) ?? known(at(group?.[of]?.inputs, property));
  // A workspace's name is unique in its resource group only.
  if (place("resourceGroupName", "before") !== place("resourceGroupName", "after")) return "go";
  const [from, to] = [place("location", "before"), place("location", "after")];
  if (to === undefined) return "go";
  return sameRegion(from, to) ? "return" : "name is held";
}

const hasWorkspace = (digest: PreviewDigest): boolean =>
  Object.values(statesOf(digest, kinds.workspace.type)).some((states) => states.length > 0);

/** Azure writes one region both ways: `eastus2` and `East US 2`. */
function sameRegion(a: unknown, b: unknown): boolean {
  const plain = (region: unknown) => String(region).toLowerCase().replaceAll(" ", "");
  return plain(a) === plain(b);
}
