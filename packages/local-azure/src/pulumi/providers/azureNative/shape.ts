import { isObject, type Properties, unknown, type Value } from "../../protocol/values.ts";
import type { NativeType } from "./types.ts";

/** Properties at the top level of an ARM body. All other properties of a type are in `properties`. */
const envelope = ["location", "tags", "identity", "kind", "managedBy", "extendedLocation"];

/** Returns the names of the inputs that are part of the ARM path. They are never part of a body. */
export const pathInputs = ({ path }: NativeType): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).filter((name) => name !== "subscriptionId");

const pick = (from: Properties, names: readonly string[]): Properties =>
  Object.fromEntries(names.flatMap((name) => (from[name] == null ? [] : [[name, from[name]]])));

/** Returns the inputs that the type does not have, each with the message for the user. */
export function unknownInputs(type: NativeType, inputs: Properties): { property: string; reason: string }[] {
  const all = [...pathInputs(type), ...type.inputs];
  return Object.keys(inputs)
    .filter((name) => !all.includes(name))
    .map((property) => ({ property, reason: `unknown property '${property}'. Known properties: ${all.join(", ")}` }));
}

export const armPath = (type: NativeType, subscriptionId: string, inputs: Properties): string =>
  type.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === "subscriptionId" ? subscriptionId : inputs[name];
    // A value that is itself a path, such as the id of the resource that a setting belongs to, keeps its slashes.
    return String(value).split("/").map(encodeURIComponent).join("/");
  });

/** Returns the inputs that are part of a resource's id. `pulumi import` knows nothing else about the resource. */
export function fromArmPath(type: NativeType, id: string): Properties {
  const pattern = type.path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => `(?<${name}>${name === "resourceUri" ? ".+" : "[^/]+"})`,
  );
  const { subscriptionId: _, ...found } = new RegExp(`^${pattern}$`, "i").exec(id)?.groups ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, value = ""]) => [name, decodeURIComponent(value)]));
}

/** Builds the PUT body: most inputs go under `properties`, and user-assigned identities become ARM's map. */
export function toBody(type: NativeType, inputs: Properties): Properties {
  const body = pick(inputs, envelope);
  if (isObject(body.identity) && Array.isArray(body.identity.userAssignedIdentities)) {
    const ids = body.identity.userAssignedIdentities.map((id) => [String(id), {}]);
    body.identity = { ...body.identity, userAssignedIdentities: Object.fromEntries(ids) };
  }
  const properties = type.inputs.filter((name) => !envelope.includes(name));
  return properties.length === 0 ? body : { ...body, properties: pick(inputs, properties) };
}

/**
 * Converts an answer to outputs: moves `properties` to the top level, drops nulls and properties that the type lacks.
 */
export function toOutputs(type: NativeType, body: Properties): Properties {
  const flat =
    isObject(body.properties) && !type.outputs.includes("properties") ? { ...body.properties, ...body } : body;
  return {
    ...pick(dropNulls(flat) as Properties, [...type.inputs, ...type.outputs]),
    azureApiVersion: type.apiVersion,
  };
}

function dropNulls(value: Value): Value {
  if (Array.isArray(value)) return value.map(dropNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, dropNulls(inner)]));
}

/** Converts outputs to inputs: drops the properties that only Azure sets. */
export function projectToInputs(type: NativeType, outputs: Properties): Properties {
  const copy = structuredClone(pick(outputs, type.inputs));
  for (const [holder, key] of nested(type, copy)) delete holder[key];
  if (isObject(copy.identity) && isObject(copy.identity.userAssignedIdentities)) {
    copy.identity.userAssignedIdentities = Object.keys(copy.identity.userAssignedIdentities);
  }
  return copy;
}

/** Finds the nested outputs of the type: for each, the object that contains it and its key there. */
function nested(type: NativeType, value: Properties): [Properties, string][] {
  const holders = (inner: Value | undefined, [first = "", ...rest]: readonly string[]): [Properties, string][] => {
    if (!isObject(inner)) return [];
    if (rest.length === 0) return [[inner, first]];
    const next = inner[first.replace("[]", "")];
    return first.endsWith("[]")
      ? Object.values(next ?? []).flatMap((each) => holders(each, rest))
      : holders(next, rest);
  };
  return type.nestedOutputs.flatMap((path) => holders(value, path.split(".")));
}

/** Returns the outputs for a preview: the inputs, and unknown for everything that Azure may fill in. */
export function previewOutputs(type: NativeType, inputs: Properties, stable: Properties): Properties {
  const outputs = [...type.inputs, ...type.outputs].map((name) => [name, inputs[name] ?? unknown]);
  const copy: Properties = structuredClone(Object.fromEntries(outputs));
  for (const [holder, key] of nested(type, copy)) holder[key] = unknown;
  return { ...copy, ...pick(stable, ["name", "location"]), azureApiVersion: type.apiVersion };
}
