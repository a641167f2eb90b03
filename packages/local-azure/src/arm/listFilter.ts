import { errors } from "./errors.ts";

/** Properties that a list can be filtered by. A property that an item lacks counts as empty. */
export interface Filterable {
  readonly name?: string;
  readonly type?: string;
  readonly group?: string;
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

interface Clause {
  readonly name: string;
  readonly value: string;
}

/** Names that ARM documents for filters of resource lists. */
const comparable = ["name", "resourcetype", "resourcegroup", "location", "tagname", "tagvalue"];

/**
 * Returns the items that match an OData `$filter`. Supports what the Azure CLI and the SDKs send: equalities joined by
 * `and`. Any other filter is refused, because ignoring it would return a wrong list.
 *
 * @throws {ArmError} 501 if the filter has another form.
 */
export function filtered<T extends Filterable>(items: readonly T[], filter: string | null): readonly T[] {
  const clauses = parse(filter ?? "");
  return items.filter((item) => fits(item, clauses));
}

function parse(filter: string): readonly Clause[] {
  if (filter.trim() === "") return [];
  const form = /\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*(?:and\b|$)/giy;
  const clauses: Clause[] = [];
  let read = 0;
  for (const [whole, name = "", value = ""] of filter.matchAll(form)) {
    clauses.push({ name: name.toLowerCase(), value: value.replaceAll("''", "'") });
    read += whole.length;
  }
  if (read < filter.length || clauses.some(({ name }) => !comparable.includes(name)))
    throw errors.notImplemented(`the $filter '${filter}'`);
  return clauses;
}

function fits(item: Filterable, clauses: readonly Clause[]): boolean {
  const wanted = (name: string): string | undefined => clauses.find((clause) => clause.name === name)?.value;
  const is = (name: string, value: string | undefined): boolean =>
    clauses.every((clause) => clause.name !== name || same(clause.value, value ?? ""));
  return (
    is("name", item.name) &&
    is("resourcetype", item.type) &&
    is("resourcegroup", item.group) &&
    isPlace(wanted("location"), item.location ?? "") &&
    isTagged(item.tags ?? {}, wanted("tagname"), wanted("tagvalue"))
  );
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Treats `East US` and `eastus` as equal. */
const isPlace = (wanted: string | undefined, location: string): boolean =>
  wanted === undefined || same(wanted.replaceAll(" ", ""), location);

/** Tag names ignore case, tag values don't. A filter can have either or both. */
const isTagged = (
  tags: Readonly<Record<string, string>>,
  name: string | undefined,
  value: string | undefined,
): boolean =>
  (name === undefined && value === undefined) ||
  Object.entries(tags).some(
    ([key, content]) => (name === undefined || same(name, key)) && (value === undefined || value === content),
  );
