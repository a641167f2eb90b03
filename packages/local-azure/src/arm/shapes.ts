/** The API models that Azure publishes with `@azure/arm-appcontainers`, as trees of the properties that JSON has. */

/** As much of a mapper (see `@azure/core-client`) as this reads. */
export interface Mapper {
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
  ContainerApp: [
    only("properties.patchingMode", "Automatic", "Manual"),
    { serializedName: "properties.delegatedIdentities", type: { name: "Sequence" }, dropped: true },
  ],
  Configuration: [only("targetLabel", "")],
  Ingress: [only("targetPortHttpScheme", "http")],
  Container: [only("imageType", "ContainerImage")],
};

function only(serializedName: string, ...allowedValues: string[]): Mapper {
  return { serializedName, type: { name: "Enum", allowedValues }, dropped: true };
}

type Mappers = Readonly<Record<string, Mapper>>;

/** The mappers are not among the package's exports, but next to its entry; loaded once, in under 0.1 s. */
const loadMappers = (): Promise<Mappers> =>
  import(new URL("./models/mappers.js", import.meta.resolve("@azure/arm-appcontainers")).href) as Promise<Mappers>;

/** A property of a model at its place in the JSON: flattened names such as `properties.template` are put back in place. */
export interface Shape {
  readonly mapper?: Mapper;
  readonly children: Map<string, Shape>;
}

/** Gives the tree of a model by its name. */
export async function loadShapes(): Promise<(className: string) => Shape> {
  const mappers = await loadMappers();
  const shapes = new Map<string, Shape>();
  return (className) => {
    const known = shapes.get(className);
    if (known !== undefined) return known;
    const shape: Shape = { children: new Map() };
    shapes.set(className, shape);
    const published = Object.values(mappers[className]?.type.modelProperties ?? {});
    for (const mapper of [...published, ...(previewProperties[className] ?? [])]) place(shape, mapper);
    return shape;
  };
}

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
