import { effectTables, type PropertyEffect } from "./effectTables.ts";

/** A row of a table: a property and its effect. */
export interface FoundEffect {
  readonly path: string;
  readonly effect: PropertyEffect;
}

/**
 * Finds the effect of a property of a resource type that has a table. A harmless row covers only its own property (or the
 * keys of its map), so that new properties in later API versions don't count as harmless. A harmful row also covers
 * everything inside its property. A path above several rows has their effect if they agree; otherwise it is unknown.
 */
export function effectOf(type: string, path: string): FoundEffect {
  const rows = Object.entries(effectTables[type] ?? {});
  const wanted = plainPath(path);
  const exact = rows.filter(([row, { kind }]) => {
    const base = row.replace(/\.\*$/, "");
    const alsoInside = row !== base || !(kind === "harmless" || kind === "shown elsewhere");
    return wanted === base || (alsoInside && isInside(wanted, base));
  });
  const [longest] = exact.toSorted(([a], [b]) => b.length - a.length);
  if (longest !== undefined) return { path: longest[0], effect: longest[1] };
  const inside = rows.filter(([row]) => isInside(row, wanted)).map(([, effect]) => effect);
  const [first = unknown] = inside;
  return { path: wanted, effect: inside.every((one) => one === first) ? first : unknown };
}

const unknown: PropertyEffect = { kind: "unknown" };

const isInside = (path: string, outer: string): boolean => path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

/** `a[0].b["c"]` -> `a[].b.c` */
const plainPath = (path: string): string => path.replaceAll(/\[\d+\]/g, "[]").replaceAll(/\["?([^\]"]+)"?\]/g, ".$1");
