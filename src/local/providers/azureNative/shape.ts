import { isObject, type Properties, unknown, type Value } from "../../protocol/wire.ts";
import type { ResourceType } from "./types.ts";

/** The parts of the ARM path are inputs too, but never part of a body. */
export const pathInputs = (type: ResourceType): string[] =>
  [...type.path.matchAll(/\{(\w+)\}/g)].flatMap(([, name = ""]) =>
    name === "subscriptionId" ? [] : name === "name" ? [type.nameInput] : [name],
  );

const pick = (from: Properties, names: readonly string[]): Properties =>
  Object.fromEntries(names.flatMap((name) => (from[name] == null ? [] : [[name, from[name]]])));

/** Inputs that the type does not have, each as the sentence that the user sees. */
export function unknownInputs(type: ResourceType, inputs: Properties): { property: string; reason: string }[] {
  const all = [...pathInputs(type), ...type.top, ...type.properties];
  return Object.keys(inputs)
    .filter((name) => !all.includes(name))
    .map((property) => ({ property, reason: `unknown property '${property}'; there are: ${all.join(", ")}` }));
}

export function armPath(type: ResourceType, subscriptionId: string, inputs: Properties): string {
  return type.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === "subscriptionId" ? subscriptionId : inputs[name === "name" ? type.nameInput : name];
    // A path of its own, as of the resource that a setting belongs to, keeps its slashes.
    return String(value).split("/").map(encodeURIComponent).join("/");
  });
}

/** The PUT body: what the type keeps under `properties` goes there, user-assigned identities become ARM's map. */
export function toBody(type: ResourceType, inputs: Properties): Properties {
  const body = pick(inputs, type.top);
  if (isObject(body.identity) && Array.isArray(body.identity.userAssignedIdentities)) {
    const ids = body.identity.userAssignedIdentities.map((id) => [String(id), {}]);
    body.identity = { ...body.identity, userAssignedIdentities: Object.fromEntries(ids) };
  }
  return type.properties.length === 0 ? body : { ...body, properties: pick(inputs, type.properties) };
}

/** What Pulumi shows of an answer: `properties` flattened into the top, nulls and what the type does not have dropped. */
export function toOutputs(type: ResourceType, body: Properties): Properties {
  const flat = type.properties.length > 0 && isObject(body.properties) ? { ...body.properties, ...body } : body;
  const names = [...type.top, ...type.properties, ...type.outputs];
  return { ...(dropNulls(pick(flat, names)) as Properties), azureApiVersion: type.apiVersion };
}

const dropNulls = (value: Value): Value =>
  Array.isArray(value)
    ? value.map(dropNulls)
    : isObject(value)
      ? Object.fromEntries(
          Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, dropNulls(inner)]])),
        )
      : value;

/** Outputs in the shape of inputs: what only Azure writes is left out. */
export function projectToInputs(type: ResourceType, outputs: Properties): Properties {
  const copy = structuredClone(pick(outputs, [...type.top, ...type.properties]));
  for (const path of type.nestedOutputs) {
    for (const [holder, key] of holders(copy, path.split("."))) delete holder[key];
  }
  if (isObject(copy.identity) && isObject(copy.identity.userAssignedIdentities)) {
    copy.identity.userAssignedIdentities = Object.keys(copy.identity.userAssignedIdentities);
  }
  return copy;
}

/** The objects that hold the end of a path, for every element where it says `[]`. */
function holders(value: Value | undefined, path: readonly string[]): [Properties, string][] {
  const [first = "", ...rest] = path;
  if (!isObject(value)) return [];
  if (rest.length === 0) return [[value, first]];
  if (!first.endsWith("[]")) return holders(value[first], rest);
  const elements = value[first.slice(0, -2)];
  return Array.isArray(elements) ? elements.flatMap((element) => holders(element, rest)) : [];
}

/** Outputs before the update has run: the inputs, and unknown for everything that Azure may fill in. */
export function previewOutputs(type: ResourceType, inputs: Properties, stable: Properties): Properties {
  const names = [...type.top, ...type.properties, ...type.outputs];
  const outputs: Properties = Object.fromEntries(names.map((name) => [name, inputs[name] ?? unknown]));
  const copy = structuredClone(outputs);
  for (const path of type.nestedOutputs) {
    for (const [holder, key] of holders(copy, path.split("."))) holder[key] = unknown;
  }
  return { ...copy, ...pick(stable, ["name", "location"]), azureApiVersion: type.apiVersion };
}
