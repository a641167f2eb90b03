import { isObject, type Json, type JsonObject } from "./merge.ts";

/**
 * Checks bodies against the API models that Azure publishes with `@azure/arm-appcontainers`: the same runtime mappers
 * that its client serializes with, so that no schema is written by hand here.
 */

/** As much of a mapper (see `@azure/core-client`) as this reads. */
interface Mapper {
  readonly type: {
    readonly name: string;
    readonly className?: string;
    readonly element?: Mapper;
    readonly value?: Mapper;
    readonly allowedValues?: readonly unknown[];
    readonly modelProperties?: Readonly<Record<string, Mapper>>;
  };
  readonly serializedName?: string;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  /** Not of the published models: checked, then dropped. */
  readonly dropped?: boolean;
  readonly constraints?: Readonly<Record<string, number>>;
}

/**
 * Properties that newer and preview versions of the API have, which the service reads back and clients therefore send.
 * Taken with these values, which change nothing here, and dropped.
 */
const previewProperties: Readonly<Record<string, readonly Mapper[]>> = {
  ContainerApp: [only("properties.patchingMode", "Automatic", "Manual"), only("properties.delegatedIdentities", "")],
  Configuration: [only("targetLabel", "")],
  Ingress: [only("targetPortHttpScheme", "http")],
  Container: [only("imageType", "ContainerImage")],
};

function only(serializedName: string, ...allowedValues: string[]): Mapper {
  return { serializedName, type: { name: "Enum", allowedValues }, dropped: true };
}

export type Model = "ContainerApp" | "ManagedEnvironment";
type Mappers = Readonly<Record<string, Mapper>>;

/** The mappers are not among the package's exports, but beside its entry; loaded once, in under 0.1 s. */
const loadMappers = (): Promise<Mappers> =>
  import(new URL("./models/mappers.js", import.meta.resolve("@azure/arm-appcontainers")).href) as Promise<Mappers>;

/** Checks one body; see {@link createValidator}. */
export interface Validator {
  /**
   * The problems of a body, each with its path, in the body's order; empty when there is none. `partial`: a merge patch,
   * in which nothing is required. Read-only properties are taken, as the service does, since clients send back what they read.
   */
  problems(model: Model, body: Json, partial?: boolean): string[];
  /** The body with each property's name in the case of the model: the service takes any, and the CLI sends `Name`. */
  named(model: Model, body: Json): Json;
  /** The body without the properties that only the service may set, and without nulls. */
  writable(model: Model, body: JsonObject): JsonObject;
}

/** A property of a model where it stands in the JSON: flattened names such as `properties.template` are put back in place. */
interface Shape {
  readonly mapper?: Mapper;
  readonly children: Map<string, Shape>;
}

export async function createValidator(): Promise<Validator> {
  const mappers = await loadMappers();
  const shapes = new Map<string, Shape>();

  const shapeOf = (className: string): Shape => {
    const known = shapes.get(className);
    if (known !== undefined) return known;
    const shape: Shape = { children: new Map() };
    shapes.set(className, shape);
    const published = Object.values(mappers[className]?.type.modelProperties ?? {});
    for (const mapper of [...published, ...(previewProperties[className] ?? [])]) place(shape, mapper);
    return shape;
  };

  const check = (mapper: Mapper, value: Json, path: string, partial: boolean): string[] => {
    if (value === null) return [];
    const { name, className, element, value: values, allowedValues } = mapper.type;
    const wrong = (wanted: string): string[] => [`${path}: must be ${wanted}, got ${describe(value)}.`];
    switch (name) {
      case "Composite":
        return isObject(value) ? checkShape(shapeOf(className ?? ""), value, path, partial) : wrong("an object");
      case "Sequence":
        if (!Array.isArray(value)) return wrong("an array");
        // An array in a merge patch replaces the one that is there, so its elements are whole.
        return value.flatMap((item, index) => (element ? check(element, item, `${path}[${index}]`, false) : []));
      case "Dictionary":
        if (!isObject(value)) return wrong("an object");
        return Object.entries(value).flatMap(([key, item]) =>
          values ? check(values, item, `${path}.${key}`, partial) : [],
        );
      case "Enum":
        return allowedValues?.includes(value) || (Array.isArray(value) && value.length === 0)
          ? []
          : wrong(`one of ${(allowedValues ?? []).join(", ")}`);
      case "Boolean":
        return typeof value === "boolean" ? [] : wrong("true or false");
      case "Number":
        return typeof value === "number" ? constrain(mapper, value, path) : wrong("a number");
      case "String":
      case "Uuid":
      case "DateTime":
      case "ByteArray":
        return typeof value === "string" ? constrain(mapper, value, path) : wrong("a string");
      default:
        return [];
    }
  };

  const checkShape = (shape: Shape, value: JsonObject, path: string, partial: boolean): string[] => {
    const missing = [...shape.children]
      .filter(([key, { mapper }]) => !partial && mapper?.required && !mapper.readOnly && (value[key] ?? null) === null)
      .map(([key]) => `${path}.${key}: is required.`);
    const wrong = Object.entries(value).flatMap(([key, inner]) => {
      const child = shape.children.get(key);
      if (child === undefined) return [`${path}.${key}: is not a property that the API knows.`];
      if (child.mapper !== undefined)
        return child.mapper.readOnly ? [] : check(child.mapper, inner, `${path}.${key}`, partial);
      return isObject(inner) || inner === null
        ? checkShape(child, inner ?? {}, `${path}.${key}`, partial)
        : [`${path}.${key}: must be an object, got ${describe(inner)}.`];
    });
    return [...missing, ...wrong];
  };

  const rename = (mapper: Mapper | undefined, value: Json): Json => {
    if (Array.isArray(value)) return value.map((item) => rename(mapper?.type.element, item));
    if (!isObject(value)) return value;
    if (mapper?.type.name === "Composite") return renameShape(shapeOf(mapper.type.className ?? ""), value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rename(mapper?.type.value, item)]));
  };

  const renameShape = (shape: Shape, value: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(value).map(([sent, inner]) => {
        const lower = sent.toLowerCase();
        const key = shape.children.has(sent)
          ? sent
          : ([...shape.children.keys()].find((name) => name.toLowerCase() === lower) ?? sent);
        const child = shape.children.get(key);
        const nested = child !== undefined && child.mapper === undefined && isObject(inner);
        return [key, nested ? renameShape(child, inner) : rename(child?.mapper, inner)];
      }),
    );

  const strip = (mapper: Mapper | undefined, value: Json): Json => {
    if (Array.isArray(value)) return value.map((item) => strip(mapper?.type.element, item));
    if (!isObject(value)) return value;
    if (mapper?.type.name === "Composite") return stripShape(shapeOf(mapper.type.className ?? ""), value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(mapper?.type.value, item)]));
  };

  const stripShape = (shape: Shape, value: JsonObject): JsonObject => {
    const kept = Object.entries(value).filter(
      ([key, inner]) => inner !== null && !computed(shape.children.get(key)?.mapper),
    );
    return Object.fromEntries(
      kept.map(([key, inner]) => {
        const child = shape.children.get(key);
        const nested = child !== undefined && child.mapper === undefined && isObject(inner);
        return [key, nested ? stripShape(child, inner) : strip(child?.mapper, inner)];
      }),
    );
  };

  return {
    problems: (model, body, partial = false) =>
      isObject(body)
        ? checkShape(shapeOf(model), body, "$", partial)
        : [`$: must be an object, got ${describe(body)}.`],
    named: (model, body) => (isObject(body) ? renameShape(shapeOf(model), body) : body),
    writable: (model, body) => stripShape(shapeOf(model), body),
  };
}

const computed = (mapper: Mapper | undefined): boolean => mapper?.readOnly === true || mapper?.dropped === true;

/** Puts a mapper where its serialized name says: `properties.configuration` goes below `properties`. */
function place(root: Shape, mapper: Mapper): void {
  const path = (mapper.serializedName ?? "").split(/(?<!\\)\./).map((part) => part.replaceAll("\\.", "."));
  const last = path.pop() ?? "";
  let shape = root;
  for (const part of path) {
    const next: Shape = shape.children.get(part) ?? { children: new Map() };
    shape.children.set(part, next);
    shape = next;
  }
  shape.children.set(last, { mapper, children: new Map() });
}

/** InclusiveMinimum is the one constraint that these models use; another one must not pass unnoticed. */
function constrain(mapper: Mapper, value: number | string, path: string): string[] {
  return Object.entries(mapper.constraints ?? {})
    .filter(([rule, limit]) => !(rule === "InclusiveMinimum" && Number(value) >= limit))
    .map(([rule, limit]) => `${path}: breaks ${rule} ${limit}, got ${describe(value)}.`);
}

/** Kind only for strings and objects: a body may carry secrets, and messages end up in logs. */
function describe(value: Json): string {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return `a string of ${value.length} characters`;
  return Array.isArray(value) ? `an array of ${value.length}` : "an object";
}
