/** Placeholder of Pulumi's protocol for a string that is known only after the update (sdk: plugin.UnknownStringValue). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** What `pulumi preview --json` prints in the place of every secret. */
export const secretValue = "[secret]";

/** Type of the resource that everything here is about. */
export const appType = "azure-native:app:ContainerApp";

export type Properties = Record<string, unknown>;

/** Before or after a step, as Pulumi records a resource (apitype.ResourceV3). */
export interface ResourceState {
  readonly type: string;
  /** Id of the resource in Azure; absent for a component and for what does not exist yet. */
  readonly id?: string;
  readonly inputs?: Properties;
  readonly outputs?: Properties;
}

/** One operation that the update would do (display.PreviewStep). */
export interface PreviewStep {
  /** create, update, delete, replace, refresh, same, read, … (deploy.Op… of the engine). */
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

/** The document that `pulumi preview --json` prints (display.PreviewDigest). */
export interface PreviewDigest {
  readonly config?: Readonly<Record<string, string>>;
  readonly steps?: readonly PreviewStep[];
  readonly diagnostics?: readonly PreviewDiagnostic[];
  readonly changeSummary?: Readonly<Record<string, number>>;
}

/** A document that is not what `pulumi preview --json` prints. Shown as its message only. */
class PreviewFormatError extends Error {
  readonly exitCode = 2;
}

/**
 * Reads the output of `pulumi preview --json`.
 * @throws PreviewFormatError where the text is not JSON, has no steps and no summary, or lists something else in them.
 */
export function parsePreview(text: string): PreviewDigest {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The text itself is not repeated: a failed run may have printed anything.
    throw new PreviewFormatError(`the preview is not JSON (${text.length} characters); expected pulumi preview --json`);
  }
  if (!isObject(document) || !(Array.isArray(document.steps) || isObject(document.changeSummary))) {
    throw new PreviewFormatError("the preview has neither `steps` nor `changeSummary`; expected pulumi preview --json");
  }
  checkLists(document);
  return document as PreviewDigest;
}

/** @throws PreviewFormatError where what the document lists as steps or messages is something else. */
export function checkLists(document: Properties): void {
  const isStep = ({ op, urn }: Properties): boolean => typeof op === "string" && typeof urn === "string";
  checkItems(document, "steps", isStep, "no op or no urn");
  checkItems(document, "diagnostics", ({ message = "" }) => typeof message === "string", "a message that is no text");
}

function checkItems(
  document: Properties,
  list: string,
  isGood: (item: Properties) => boolean,
  otherwise: string,
): void {
  const items = document[list] ?? [];
  if (!Array.isArray(items)) throw new PreviewFormatError(`${list} of the preview is no list`);
  const wrong = items.findIndex((item) => !isObject(item) || !isGood(item));
  if (wrong !== -1) throw new PreviewFormatError(`${list}[${wrong}] of the preview has ${otherwise}`);
}

export const isObject = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The resource's own type: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").pop() ?? "";
}

/** The resource's logical name; it may itself contain `::`. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Reads `a.b.c` of nested objects; undefined where a part is missing or hidden. */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

const refreshed = new Set(["refresh", "same", "read"]);

/** What a preview says of one resource, with the refresh that may stand before the change itself. */
export interface ResourceChange {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly op: "create" | "update" | "replace" | "delete" | "other";
  /** As the last update recorded it, where the preview refreshed first. */
  readonly recorded?: ResourceState;
  /** As it is before the change: live where the preview refreshed first, else recorded. */
  readonly before?: ResourceState;
  readonly after?: ResourceState;
  /** Property paths that differ, as the provider names them. */
  readonly paths: readonly string[];
  /** Those that cannot change in place; empty when the resource is replaced because of another one. */
  readonly replaceReasons: readonly string[];
}

/**
 * The changes of a preview, one a resource; unchanged and merely refreshed ones are left out. What is lost comes first,
 * then in a fixed order: the engine's own differs from run to run, and an issue would be edited for nothing.
 */
export function changesOf(digest: PreviewDigest): ResourceChange[] {
  const byUrn = Map.groupBy(digest.steps ?? [], (step) => step.urn);
  const changes = [...byUrn.values()].flatMap((steps) => {
    const acting = steps.filter((step) => !refreshed.has(step.op));
    const last = acting.at(-1);
    if (last === undefined) return [];
    // The engine rewrites a refresh that found drift to update or delete, and puts it before the step that mends it.
    const first = steps[0] === last ? undefined : steps[0];
    const replaced = acting.find((step) => step.op.includes("replace"));
    const kept = replaced ?? last;
    return [
      {
        urn: kept.urn,
        type: typeOf(kept.urn),
        name: nameOf(kept.urn),
        op: replaced ? "replace" : plainOp(last.op),
        ...(first?.oldState && { recorded: first.oldState }),
        ...(kept.oldState && { before: kept.oldState }),
        ...(kept.newState && { after: kept.newState }),
        paths: pathsOf(kept),
        replaceReasons: replaceReasonsOf(kept),
      },
    ];
  });
  return changes.sort(
    (a, b) => order.indexOf(a.op) - order.indexOf(b.op) || compare(depth(a), depth(b)) || compare(a.urn, b.urn),
  );
}

const order: readonly ResourceChange["op"][] = ["delete", "replace", "update", "create", "other"];
/** Parents before their children: each adds a `$TYPE` to the URN. */
const depth = ({ urn }: { urn: string }): number => urn.split("$").length;
const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function pathsOf(step: PreviewStep): string[] {
  const detailed = Object.keys(step.detailedDiff ?? {});
  return detailed.length > 0 ? detailed : [...(step.diffReasons ?? [])];
}

/** The exact paths if the provider gives them; Pulumi's own list has the names of top-level properties only. */
function replaceReasonsOf(step: PreviewStep): string[] {
  const detailed = Object.entries(step.detailedDiff ?? {}).filter(([, { kind }]) => kind.endsWith("-replace"));
  return detailed.length > 0 ? detailed.map(([path]) => path) : [...(step.replaceReasons ?? [])];
}

function plainOp(op: string): ResourceChange["op"] {
  if (op === "create" || op === "import") return "create";
  return op === "update" || op === "delete" ? op : "other";
}

/** Every state that the preview shows of resources of this type, newest last; also of those that do not change. */
export function statesOf(digest: PreviewDigest, type: string): { old: ResourceState[]; next: ResourceState[] } {
  const steps = (digest.steps ?? []).filter((step) => typeOf(step.urn) === type);
  return {
    old: steps.flatMap((step) => step.oldState ?? []),
    next: steps.flatMap((step) => step.newState ?? []),
  };
}
