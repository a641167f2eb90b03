import { isObject, type Properties, unknown, type Value } from "../../protocol/values.ts";
import type { NativeType } from "./types.ts";

/** What ARM keeps at the top of a body; everything else of a type lies in `properties`. */
const envelope = ["location", "tags", "identity", "kind", "managedBy", "extendedLocation"];

/** The parts of the ARM path are inputs too, but never part of a body. */
export const pathInputs = ({ path }: NativeType): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).filter((name) => name !== "subscriptionId");

const pick = (from: Properties, names: readonly string[]): Properties =>
  Object.fromEntries(names.flatMap((name) => (from[name] == null ? [] : [[name, from[name]]])));

/** Inputs that the type does not have, each as the sentence that the user sees. */
export function unknownInputs(type: NativeType, inputs: Properties): { property: string; reason: string }[] {
  const all = [...pathInputs(type), ...type.inputs];
  return Object.keys(inputs)
    .filter((name) => !all.includes(name))
    .map((property) => ({ property, reason: `unknown property '${property}'; there are: ${all.join(", ")}` }));
}

export const armPath = (type: NativeType, subscriptionId: string, inputs: Properties): string =>
  type.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === "subscriptionId" ? subscriptionId : inputs[name];
    // A path of its own, as of the resource that a setting belongs to, keeps its slashes.
    return String(value).split("/").map(encodeURIComponent).join("/");
  });

/** The path's own inputs of a resource that is there, by its id: what `pulumi import` knows of it. */
export function fromArmPath(type: NativeType, id: string): Properties {
  const pattern = type.path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => `(?<${name}>${name === "resourceUri" ? ".+" : "[^/]+"})`,
  );
  const { subscriptionId: _, ...found } = new RegExp(`^${pattern}$`, "i").exec(id)?.groups ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, value = ""]) => [name, decodeURIComponent(value)]));
}

/** The PUT body: what the type keeps under `properties` goes there, user-assigned identities become ARM's map. */
export function toBody(type: NativeType, inputs: Properties): Properties {
  const body = pick(inputs, envelope);
  if (isObject(body.identity) && Array.isArray(body.identity.userAssignedIdentities)) {
    const ids = body.identity.userAssignedIdentities.map((id) => [String(id), {}]);
    body.identity = { ...body.identity, userAssignedIdentities: Object.fromEntries(ids) };
  }
  const properties = type.inputs.filter((name) => !envelope.includes(name));
  return properties.length === 0 ? body : { ...body, properties: pick(inputs, properties) };
}

/** What Pulumi shows of an answer: `properties` flattened into the top, nulls and what the type does not have dropped. */
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

/** Outputs in the shape of inputs: what only Azure writes is left out. */
export function projectToInputs(type: NativeType, outputs: Properties): Properties {
  const copy = structuredClone(pick(outputs, type.inputs));
  for (const [holder, key] of nested(type, copy)) delete holder[key];
  if (isObject(copy.identity) && isObject(copy.identity.userAssignedIdentities)) {
    copy.identity.userAssignedIdentities = Object.keys(copy.identity.userAssignedIdentities);
  }
  return copy;
}

/** The objects that hold the type's outputs deeper down, each with the output's key. */
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

/** Outputs before the update has run: the inputs, and unknown for everything that Azure may fill in. */
export function previewOutputs(type: NativeType, inputs: Properties, stable: Properties): Properties {
  const outputs = [...type.inputs, ...type.outputs].map((name) => [name, inputs[name] ?? unknown]);
  const copy: Properties = structuredClone(Object.fromEntries(outputs));
  for (const [holder, key] of nested(type, copy)) holder[key] = unknown;
  return { ...copy, ...pick(stable, ["name", "location"]), azureApiVersion: type.apiVersion };
}
