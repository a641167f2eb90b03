import { isDeepStrictEqual } from "node:util";
import { appType, changesOf, isObject, type PreviewDigest, type ResourceChange } from "../digest/previewDigest.ts";
import { differingKinds } from "../digest/propertyDiff.ts";
import { affinityCommandType, type Cut, effectTables } from "./effectTables.ts";
import { forecastIngress } from "./ingressForecast.ts";
import { isHidden, listOf, plain, valueAt } from "./keeps.ts";
import { effectOf, type FoundEffect } from "./propertyEffects.ts";

/** A change that cuts off clients, or the gateway from what it depends on. */
export interface CutOff {
  /** `binding`: the certificate or binding of a custom domain changes. */
  readonly how: Cut | "binding";
  /** The custom domains, or the registries, if the preview shows them. */
  readonly names: readonly string[];
  /** The properties that change. */
  readonly paths: readonly string[];
}

/** A change whose effect on live clients is not known. */
export interface UnknownEffect {
  /** Logical name and type of the resource. */
  readonly name: string;
  readonly type: string;
  readonly op: ResourceChange["op"];
  /** The property; absent if it is the resource as a whole. */
  readonly path?: string;
}

/** How the changes in a preview affect live clients, apart from destruction and affinity. */
export interface LiveEffects {
  /** Paths whose change creates a new revision. */
  readonly revision: readonly string[];
  /** Paths whose change may move replicas or requests. */
  readonly move: readonly string[];
  readonly cuts: readonly CutOff[];
  readonly unknown: readonly UnknownEffect[];
}

/** Finds the effect of each changed property of each resource. */
export function forecastEffects(digest: PreviewDigest): LiveEffects {
  const all = changesOf(digest).map(effectsOf);
  const cuts = Map.groupBy(
    all.flatMap((each) => each.cuts),
    ({ how }) => how,
  );
  return {
    revision: all.flatMap((each) => each.revision),
    move: all.flatMap((each) => each.move),
    cuts: [...cuts].map(([how, some]) => ({
      how,
      names: some.flatMap(({ names }) => names),
      paths: some.flatMap(({ paths }) => paths),
    })),
    unknown: all.flatMap((each) => each.unknown),
  };
}

const none: LiveEffects = { revision: [], move: [], cuts: [], unknown: [] };

/** Returns the key of a resource's table. A command has one only if it belongs to the component that applies affinity. */
function tableType({ urn, type }: ResourceChange): string | undefined {
  const known = urn.split("::")[2]?.endsWith(affinityCommandType) ? affinityCommandType : type;
  return Object.hasOwn(effectTables, known) ? known : undefined;
}

function effectsOf(change: ResourceChange): LiveEffects {
  const { name, type, op } = change;
  // Components and the stack have no inputs. The resources in them have their own steps.
  if (change.isComponent) return none;
  const table = tableType(change);
  if (table === undefined || op === "other") return { ...none, unknown: [{ name, type, op }] };
  // New resources have no clients yet, imports change nothing, and `forecastDestruction` covers replacements and deletions.
  if (op !== "update") return none;
  const kinds = differingKinds(change);
  if (Object.keys(kinds).length === 0) return { ...none, unknown: [{ name, type, op }] };
  const found = Map.groupBy(
    Object.keys(kinds).map((path) => ({ path, row: rowOf(change, table, path) })),
    ({ row }) => row?.path,
  );
  const effects = [...found.values()].map((group) => effectOfRow(change, group, kinds));
  return {
    revision: effects.flatMap((each) => each.revision ?? []),
    move: effects.flatMap((each) => each.move ?? []),
    cuts: effects.flatMap((each) => each.cuts ?? []),
    unknown: effects.flatMap((each) => each.unknown ?? []),
  };
}

/** Returns the row of a path, or undefined if `forecastIngress` covers the change. */
function rowOf(change: ResourceChange, table: string, path: string): FoundEffect | undefined {
  if (change.type === appType && path.startsWith("configuration.ingress")) {
    const { kind } = forecastIngress(change);
    if (kind === "absent" || kind === "removed") return undefined;
  }
  return effectOf(table, path);
}

interface Changed {
  readonly path: string;
  readonly row: FoundEffect | undefined;
}

function effectOfRow(
  change: ResourceChange,
  group: readonly Changed[],
  allKinds: Readonly<Record<string, string>>,
): Partial<LiveEffects> {
  const row = group[0]?.row;
  if (row === undefined) return {};
  const paths = group.map(({ path }) => path);
  const [before, after] = [valueAt(change.before?.inputs, row.path), valueAt(change.after?.inputs, row.path)];
  const { name, type, op } = change;
  const unknown = { unknown: paths.map((path) => ({ name, type, op, path })) };
  const { effect } = row;
  // Azure spells enum values, regions and IDs differently from the program.
  if (typeof before === "string" && !isHidden(before) && plain(before) === plain(after)) return {};
  switch (effect.kind) {
    case "harmless":
    case "shown elsewhere":
      return {};
    case "ends sessions":
      return effect.how === "revision" ? { revision: paths } : { move: paths };
    case "cuts clients off": {
      const kinds = Object.fromEntries(paths.map((path) => [path, allKinds[path] ?? "update"]));
      return effect.unless?.({ before, after, kinds }) ? {} : { cuts: cutsOf(effect.how, paths, before, after) };
    }
    case "destroys": // But the provider wants to update it in place.
    case "unknown":
      return unknown;
  }
}

/** The property that identifies the items of a list. */
const keyOf: Partial<Record<Cut, string>> = { domain: "name", pull: "server" };

function cutsOf(how: Cut, paths: readonly string[], before: unknown, after: unknown): CutOff[] {
  const key = keyOf[how];
  if (key === undefined) return [{ how, names: [], paths }];
  const keyIn = (item: unknown) => (isObject(item) && typeof item[key] === "string" ? item[key] : "");
  const kept = listOf(after);
  const changed = listOf(before).filter((item) => !kept.some((other) => isDeepStrictEqual(item, other)));
  const isGone = (name: string) => isHidden(after) || !kept.some((item) => keyIn(item) === name);
  const names = changed.map(keyIn).filter((name) => name !== "");
  if (how !== "domain" || names.length === 0) return [{ how, names, paths }];
  const [gone, bound] = [names.filter(isGone), names.filter((name) => !isGone(name))];
  return [
    ...(gone.length > 0 ? [{ how, names: gone, paths }] : []),
    ...(bound.length > 0 ? [{ how: "binding" as const, names: bound, paths }] : []),
  ];
}
