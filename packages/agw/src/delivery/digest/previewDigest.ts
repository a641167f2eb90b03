/** Pulumi's placeholder for a string that is known only after the update (sdk: plugin.UnknownStringValue). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** What `pulumi preview --json` prints instead of a secret. */
export const secretValue = "[secret]";

/** Pulumi type of the container app, the resource that forecasts are about. */
export const appType = "azure-native:app:ContainerApp";

export type Properties = Record<string, unknown>;

/** A resource before or after a step, as Pulumi records it (apitype.ResourceV3). */
export interface ResourceState {
  readonly type: string;
  /** Azure resource id; absent for a component or a resource that doesn't exist yet. */
  readonly id?: string;
  /** Whether a provider has the resource. False for a component and for the stack. */
  readonly custom?: boolean;
  readonly inputs?: Properties;
  readonly outputs?: Properties;
}

/** One operation of the update (display.PreviewStep). */
export interface PreviewStep {
  /** create, update, delete, replace, refresh, same, read, … (the engine's deploy.Op… constants). */
  readonly op: string;
  readonly urn: string;
  readonly oldState?: ResourceState;
  readonly newState?: ResourceState;
  readonly diffReasons?: readonly string[];
  readonly replaceReasons?: readonly string[];
  readonly detailedDiff?: Readonly<Record<string, { readonly kind: string }>> | null;
}

export interface PreviewDiagnostic {
  readonly urn?: string;
  readonly message?: string;
  readonly severity?: string;
}

/** The JSON that `pulumi preview --json` prints (display.PreviewDigest). */
export interface PreviewDigest {
  readonly config?: Readonly<Record<string, string>>;
  readonly steps?: readonly PreviewStep[];
  readonly diagnostics?: readonly PreviewDiagnostic[];
  readonly changeSummary?: Readonly<Record<string, number>>;
}

export const isObject = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the resource's own type, without its parents: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").pop() ?? "";
}

/** Returns the resource's logical name, which may itself contain `::`. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/**
 * Reads the path `a.b.c` from nested objects; undefined if a part is missing. Inside a hidden part, every path has the
 * value `inHidden`.
 */
export function at(value: unknown, path: string, inHidden?: typeof secretValue): unknown {
  return path.split(".").reduce<unknown>((inner, key) => {
    if (inner === secretValue) return inHidden;
    return isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }, value);
}

const refreshed = new Set(["refresh", "same", "read"]);

/** What a preview says about one resource: its change, and the refresh before it, if any. */
export interface ResourceChange {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly op: "create" | "import" | "update" | "replace" | "delete" | "other";
  /** Whether it only groups other resources, so that its own steps change nothing. */
  readonly isComponent: boolean;
  /** As the last update recorded it; only if the preview refreshed first. */
  readonly recorded?: ResourceState;
  /** Before the change: the live resource if the preview refreshed first, otherwise as recorded. */
  readonly before?: ResourceState;
  readonly after?: ResourceState;
  /** Property paths that differ, as the provider names them. */
  readonly paths: readonly string[];
  /** What the provider says happens at these paths: `add`, `update`, `delete`, or one of them with `-replace`. */
  readonly kinds: Readonly<Record<string, string>>;
  /** Paths that can't change in place; empty if another resource's replacement causes this one. */
  readonly replaceReasons: readonly string[];
}

/**
 * Returns the changes of a preview, one per resource, without unchanged and merely refreshed resources. Deletions come
 * first. The order is fixed, because the engine's own order varies and would cause needless edits of the drift issue.
 */
export function changesOf(digest: PreviewDigest): ResourceChange[] {
  const byUrn = Map.groupBy(digest.steps ?? [], (step) => step.urn);
  const changes = [...byUrn.values()].flatMap((steps) => {
    const acting = steps.filter((step) => !refreshed.has(step.op));
    const last = acting.at(-1);
    if (last === undefined) return [];
    // The engine turns a refresh that found drift into an update or delete, before the step that corrects it.
    const first = steps[0] === last ? undefined : steps[0];
    const replaced = acting.find((step) => step.op.includes("replace"));
    const kept = replaced ?? last;
    return [
      {
        urn: kept.urn,
        type: typeOf(kept.urn),
        name: nameOf(kept.urn),
        op: replaced ? "replace" : plainOp(last.op),
        isComponent: (kept.newState ?? kept.oldState)?.custom === false,
        ...(first?.oldState && { recorded: first.oldState }),
        ...(kept.oldState && { before: kept.oldState }),
        ...(kept.newState && { after: kept.newState }),
        paths: Object.keys(kindsOf(kept)),
        kinds: kindsOf(kept),
        replaceReasons: replaceReasonsOf(kept),
      },
    ];
  });
  return changes.sort(
    (a, b) => order.indexOf(a.op) - order.indexOf(b.op) || compare(depth(a), depth(b)) || compare(a.urn, b.urn),
  );
}

const order: readonly ResourceChange["op"][] = ["delete", "replace", "update", "create", "import", "other"];
/** Sorts parents before children: each level adds a `$TYPE` to the URN. */
const depth = ({ urn }: { urn: string }): number => urn.split("$").length;
const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function kindsOf({ detailedDiff, diffReasons = [] }: PreviewStep): Record<string, string> {
  const detailed = Object.entries(detailedDiff ?? {}).map(([path, { kind }]) => [path, kind]);
  return Object.fromEntries(detailed.length > 0 ? detailed : diffReasons.map((path) => [path, "update"]));
}

/** Prefers the provider's exact paths; Pulumi's own list only names top-level properties. */
function replaceReasonsOf(step: PreviewStep): string[] {
  const detailed = Object.entries(step.detailedDiff ?? {}).filter(([, { kind }]) => kind.endsWith("-replace"));
  return detailed.length > 0 ? detailed.map(([path]) => path) : [...(step.replaceReasons ?? [])];
}

function plainOp(op: string): ResourceChange["op"] {
  return op === "create" || op === "import" || op === "update" || op === "delete" ? op : "other";
}

/** Returns every state in the preview of resources of this type, newest last, whether they change or not. */
export function statesOf(digest: PreviewDigest, type: string): { old: ResourceState[]; next: ResourceState[] } {
  const steps = (digest.steps ?? []).filter((step) => typeOf(step.urn) === type);
  return {
    old: steps.flatMap((step) => step.oldState ?? []),
    next: steps.flatMap((step) => step.newState ?? []),
  };
}
