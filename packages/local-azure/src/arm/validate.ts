import { isObject, type Json, type JsonObject } from "./json.ts";
import { loadShapes, type Mapper, type Shape } from "./shapes.ts";

/**
 * Validates bodies against the API models that Azure publishes in `@azure/arm-appcontainers`. They are the mappers that
 * the SDK serializes with, so no schema is written by hand here.
 */

export type Model = "ContainerApp" | "ManagedEnvironment";

export const createValidator = async (): Promise<Validator> => new Validator(await loadShapes());

export class Validator {
  readonly #shapeOf: (className: string) => Shape;

  constructor(shapeOf: (className: string) => Shape) {
    this.#shapeOf = shapeOf;
  }

  /**
   * Returns every problem of a body, each with its path. Accepts read-only properties, as Azure does, because clients
   * send back what they read.
   *
   * @param partial whether the body is a merge patch, in which nothing is required
   */
  problems(model: Model, body: Json, partial = false): string[] {
    if (!isObject(body)) return [`$: must be an object, got ${describe(body)}.`];
    return this.#checkShape(this.#shapeOf(model), body, { path: "$", partial });
  }

  /**
   * Returns the body with property names in the model's case. Azure accepts any case, and the CLI sends e.g. `Name`.
   */
  named(model: Model, body: Json): Json {
    return isObject(body) ? this.#renameShape(this.#shapeOf(model), body) : body;
  }

  /** Returns the body without nulls and without the properties that only Azure can set. */
  writable(model: Model, body: JsonObject): JsonObject {
    return this.#stripShape(this.#shapeOf(model), body);
  }

  #checkShape(shape: Shape, value: JsonObject, at: Place): string[] {
    const missing = [...shape.children]
      .filter(
        ([key, { mapper }]) => !at.partial && mapper?.required && !computed(mapper) && (value[key] ?? null) === null,
      )
      .map(([key]) => `${at.path}.${key}: is required.`);
    const wrong = Object.entries(value).flatMap(([key, inner]) => {
      const child = shape.children.get(key);
      const below = { ...at, path: `${at.path}.${key}` };
      if (child === undefined) return [`${below.path}: is not a property of the API model.`];
      if (child.mapper !== undefined) return child.mapper.readOnly ? [] : this.#check(child.mapper, inner, below);
      if (isObject(inner) || inner === null) return this.#checkShape(child, inner ?? {}, below);
      return [`${below.path}: must be an object, got ${describe(inner)}.`];
    });
    return [...missing, ...wrong];
  }

  #check(mapper: Mapper, value: Json, at: Place): string[] {
    if (value === null) return [];
    const { name, className, element, value: values, allowedValues } = mapper.type;
    const wrong = (wanted: string): string[] => [`${at.path}: must be ${wanted}, got ${describe(value)}.`];
    switch (name) {
      case "Composite":
        return isObject(value) ? this.#checkShape(this.#shapeOf(className ?? ""), value, at) : wrong("an object");
      case "Sequence":
        if (!Array.isArray(value)) return wrong("an array");
        // An array in a merge patch replaces the existing one, so its elements must be complete.
        return value.flatMap((item, index) => {
          const path = `${at.path}[${index}]`;
          // In an object null means absent; in an array it is an error.
          if (item === null) return [`${path}: must not be null.`];
          return element ? this.#check(element, item, { path, partial: false }) : [];
        });
      case "Dictionary":
        if (!isObject(value)) return wrong("an object");
        return Object.entries(value).flatMap(([key, item]) =>
          values ? this.#check(values, item, { ...at, path: `${at.path}.${key}` }) : [],
        );
      case "Enum":
        return allowedValues?.includes(value) ? [] : wrong(`one of ${(allowedValues ?? []).join(", ")}`);
      case "Boolean":
        return typeof value === "boolean" ? [] : wrong("true or false");
      case "Number":
        return typeof value === "number" ? constrain(mapper, value, at.path) : wrong("a number");
      case "String":
      case "Uuid":
      case "DateTime":
      case "ByteArray":
        return typeof value === "string" ? constrain(mapper, value, at.path) : wrong("a string");
      default:
        return [];
    }
  }

  #rename(mapper: Mapper | undefined, value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.#rename(mapper?.type.element, item));
    if (!isObject(value)) return value;
    if (mapper?.type.name === "Composite") return this.#renameShape(this.#shapeOf(mapper.type.className ?? ""), value);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#rename(mapper?.type.value, item)]),
    );
  }

  #renameShape(shape: Shape, value: JsonObject): JsonObject {
    const renamed = Object.entries(value).map(([sent, inner]): [string, Json] => {
      const same = (name: string): boolean => name.toLowerCase() === sent.toLowerCase();
      const key = shape.children.has(sent) ? sent : ([...shape.children.keys()].find(same) ?? sent);
      const child = shape.children.get(key);
      return [
        key,
        child && nested(child, inner) ? this.#renameShape(child, inner) : this.#rename(child?.mapper, inner),
      ];
    });
    return Object.fromEntries(renamed);
  }

  #strip(mapper: Mapper | undefined, value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.#strip(mapper?.type.element, item));
    if (!isObject(value)) return value;
    if (mapper?.type.name === "Composite") return this.#stripShape(this.#shapeOf(mapper.type.className ?? ""), value);
    const kept = Object.entries(value).filter(([, item]) => item !== null);
    return Object.fromEntries(kept.map(([key, item]) => [key, this.#strip(mapper?.type.value, item)]));
  }

  #stripShape(shape: Shape, value: JsonObject): JsonObject {
    const kept = Object.entries(value)
      .filter(([key, inner]) => inner !== null && !computed(shape.children.get(key)?.mapper))
      .map(([key, inner]): [string, Json] => {
        const child = shape.children.get(key);
        return [
          key,
          child && nested(child, inner) ? this.#stripShape(child, inner) : this.#strip(child?.mapper, inner),
        ];
      });
    return Object.fromEntries(kept);
  }
}

interface Place {
  readonly path: string;
  readonly partial: boolean;
}

const computed = (mapper: Mapper | undefined): boolean => mapper?.readOnly === true || mapper?.dropped === true;

/** Whether this is a level that the models flatten, such as `properties`. */
const nested = (child: Shape | undefined, value: Json): value is JsonObject =>
  child !== undefined && child.mapper === undefined && isObject(value);

/** Checks constraints. These models only use InclusiveMinimum; any other constraint is reported instead of ignored. */
function constrain(mapper: Mapper, value: number | string, path: string): string[] {
  return Object.entries(mapper.constraints ?? {})
    .filter(([rule, limit]) => !(rule === "InclusiveMinimum" && Number(value) >= limit))
    .map(([rule, limit]) => `${path}: violates ${rule} ${limit}, got ${describe(value)}.`);
}

/** Describes a value without quoting strings: a body can contain secrets, and messages end up in logs. */
function describe(value: Json): string {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return `a string of ${value.length} characters`;
  return Array.isArray(value) ? `an array of length ${value.length}` : "an object";
}
