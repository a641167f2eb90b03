import { createHash } from "node:crypto";
import { nameOf, type Provider, typeOf } from "../../protocol/provider.ts";
import { containsUnknown, type Properties, unknown } from "../../protocol/wire.ts";
import { applyDrift, detailedDiff, topOf } from "../difference.ts";
import { type Arm, type ArmOptions, connectArm } from "./arm.ts";
import { armPath, pathInputs, previewOutputs, projectToInputs, toBody, toOutputs, unknownInputs } from "./shape.ts";
import { invokes, type ResourceType, resourceTypes } from "./types.ts";

/** Of @pulumi/azure-native, whose resources these are. */
export const azureNativeVersion = "3.28.0";

/**
 * Stands in for azure-native 3.28 on the local Azure, for the types that the stack uses. Behaviour from that provider's
 * source: pulumi/pulumi-azure-native provider/pkg/provider/{provider,diff}.go.
 */
export function azureNative(options: Omit<ArmOptions, "signal">): Provider {
  const controller = new AbortController();
  let connection: Promise<Arm> | undefined;
  const arm = (): Promise<Arm> => {
    connection ??= connectArm({ ...options, signal: controller.signal });
    return connection;
  };
  const get = async (type: ResourceType, id: string) => (await arm()).send("GET", id, type.apiVersion);
  /** PUT of the full inputs, then the state that a GET shows, so that a later refresh compares like with like. */
  const put = async (type: ResourceType, id: string, inputs: Properties) => {
    const answer = await (await arm()).send("PUT", id, type.apiVersion, toBody(type, inputs));
    if (answer === undefined) throw new Error(`ARM does not know the parent of ${id}`);
    const canonical = typeof answer.id === "string" ? answer.id : id;
    return { id: canonical, outputs: toOutputs(type, (await get(type, canonical)) ?? answer) };
  };

  return {
    // As the real one: it sees plain values, and the engine marks every output whose input held a secret.
    acceptSecrets: false,
    check: async ({ urn, olds, news, seed = new Uint8Array() }) => {
      const type = lookUp(urn);
      const inputs = { ...news };
      inputs[type.nameInput] ??= olds[type.nameInput] ?? automaticName(urn, seed);
      if (type.top.includes("location")) {
        inputs.location ??= olds.location ?? (await groupLocation(inputs.resourceGroupName)) ?? null;
      }
      return { inputs, failures: [...unknownInputs(type, inputs), ...missing(type, inputs)] };
    },
    diff: async ({ urn, inputs, news }) => {
      const type = lookUp(urn);
      const old =
        inputs.location !== undefined && sameLocation(inputs, news)
          ? { ...inputs, location: news.location ?? null }
          : inputs;
      const detailed = detailedDiff(old, news, [...pathInputs(type), ...type.forceNew]);
      const replaced = Object.entries(detailed).filter(([, { kind }]) => kind.endsWith("-replace"));
      const replaces = [...new Set(replaced.map(([path]) => topOf(path)))];
      return {
        changes: Object.keys(detailed).length > 0,
        detailed,
        replaces,
        // The names are given by the program, so the new one cannot stand beside the old one.
        deleteBeforeReplace: replaces.length > 0,
      };
    },
    create: async ({ urn, inputs, preview }) => {
      const type = lookUp(urn);
      if (preview) return { id: "", outputs: previewOutputs(type, inputs, {}) };
      const id = armPath(type, (await arm()).subscriptionId, inputs);
      if ((await get(type, id)) !== undefined) {
        throw Object.assign(new Error(`cannot create already existing resource "${id}"`), { code: alreadyExists });
      }
      return put(type, id, inputs);
    },
    read: async ({ urn, id: givenId, inputs, outputs }) => {
      const type = lookUp(urn);
      const id = givenId || armPath(type, (await arm()).subscriptionId, inputs);
      const answer = await get(type, id);
      if (answer === undefined) return undefined;
      const now = toOutputs(type, answer);
      const [before, after] = [projectToInputs(type, outputs), projectToInputs(type, now)];
      // Without old outputs there is nothing to compare with: an interrupted create keeps the inputs that it had.
      const drifted = Object.keys(outputs).length === 0 ? inputs : applyDrift(inputs, before, after);
      return { id: String(answer.id ?? id), inputs: drifted as Properties, outputs: now };
    },
    update: async ({ urn, id, outputs, news, preview }) => {
      const type = lookUp(urn);
      return preview ? previewOutputs(type, news, outputs) : (await put(type, id, news)).outputs;
    },
    delete: async ({ urn, id }) => {
      await (await arm()).send("DELETE", id, lookUp(urn).apiVersion);
    },
    invoke: async (token, args) => {
      const invoke = invokes[token];
      const type = resourceTypes[invoke?.type ?? ""];
      if (invoke === undefined || type === undefined) throw new Error(unsupported("function", token, invokes));
      const path = armPath(type, (await arm()).subscriptionId, args);
      const method = invoke.action === undefined ? "GET" : "POST";
      const suffix = invoke.action === undefined ? "" : `/${invoke.action}`;
      const answer = await (await arm()).send(method, path + suffix, type.apiVersion);
      if (answer === undefined) throw new Error(`Status=404 Code="ResourceNotFound" Message="${path} was not found"`);
      return invoke.action === undefined ? { ...toOutputs(type, answer), id: answer.id ?? path } : answer;
    },
    cancel: () => controller.abort(new Error("cancelled")),
  };

  /** Azure Native puts a resource where its group is, unless told otherwise. */
  async function groupLocation(group: Properties[string] | undefined) {
    if (typeof group !== "string") return undefined;
    if (containsUnknown(group)) return unknown;
    const type = lookUp("::::azure-native:resources:ResourceGroup");
    const id = armPath(type, (await arm()).subscriptionId, { resourceGroupName: group });
    return (await get(type, id))?.location;
  }
}

/** gRPC's ALREADY_EXISTS: tells the engine that nothing was begun. */
const alreadyExists = 6;

function lookUp(urn: string): ResourceType {
  const type = resourceTypes[typeOf(urn)];
  if (type === undefined) throw new Error(unsupported("resource type", typeOf(urn), resourceTypes));
  return type;
}

const unsupported = (what: string, name: string, table: object): string =>
  `the local azure-native provider has no ${what} '${name}'; it has: ${Object.keys(table).join(", ")}`;

const missing = (type: ResourceType, inputs: Properties) =>
  [...pathInputs(type), "location"]
    .filter((name) => inputs[name] === null || (name !== "location" && inputs[name] === undefined))
    .map((property) => ({ property, reason: `missing required property '${property}'` }));

const automaticName = (urn: string, seed: Uint8Array): string =>
  nameOf(urn) + createHash("sha256").update(seed).digest("hex").slice(0, 8);

/** `West Europe` and `westeurope` are one location. */
function sameLocation(a: Properties, b: Properties): boolean {
  const plain = (value: unknown): string => String(value).toLowerCase().replaceAll(" ", "");
  return plain(a.location) === plain(b.location);
}
