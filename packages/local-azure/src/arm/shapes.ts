/** The API models that Azure publishes in `@azure/arm-appcontainers`, as trees that match the JSON. */

/** The parts of a mapper (see `@azure/core-client`) that this project uses. */
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
  /** Set for properties that the published models lack: they are checked, then dropped. */
  readonly dropped?: boolean;
  readonly constraints?: Readonly<Record<string, number>>;
}

/**
 * Properties of newer and preview API versions. Azure returns them, so clients send them back. They are accepted with
 * these values, which have no effect here, and dropped.
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

/** Loads the mappers in under 0.1 s. The package doesn't export them, but they are next to its entry point. */
const loadMappers = (): Promise<Mappers> =>
  import(new URL("./models/mappers.js", import.meta.resolve("@azure/arm-appcontainers")).href) as Promise<Mappers>;

/**
 * A property at its place in the JSON. The models flatten names such as `properties.template`; this tree doesn't.
 */
export interface Shape {
  readonly mapper?: Mapper;
  readonly children: Map<string, Shape>;
}

/** Returns a function that builds the tree of a model, given its class name. */
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

/** Adds a mapper at its serialized name: `properties.configuration` goes below `properties`. */
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
