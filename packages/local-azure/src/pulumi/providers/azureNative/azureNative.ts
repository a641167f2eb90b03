import { applyDrift, differences } from "../../protocol/difference.ts";
import { PartialFailure, type Provider, topOf, typeOf } from "../../protocol/provider.ts";
import { alreadyExists } from "../../protocol/rpc.ts";
import { annotateSecrets, equal, type Properties, reveal } from "../../protocol/values.ts";
import { type Arm, type ArmOptions, connectArm, OperationError } from "./arm.ts";
import * as shape from "./shape.ts";
import { type NativeType, readBy, resourceTypes } from "./types.ts";

/**
 * Stands in for azure-native 3.28 on the local Azure, for the types that the stack uses. It behaves like that
 * provider's source: pulumi/pulumi-azure-native provider/pkg/provider/{provider,diff}.go. The function is long because
 * its methods share one connection, which the first of them opens.
 */
export function azureNative(options: Omit<ArmOptions, "signal">): Provider {
  const controller = new AbortController();
  let connection: Promise<Arm> | undefined;
  const arm = (): Promise<Arm> => (connection ??= connectArm({ ...options, signal: controller.signal }));
  const pathOf = async (type: NativeType, inputs: Properties) =>
    shape.armPath(type, (await arm()).subscriptionId, inputs);
  const get = async (type: NativeType, id: string) => (await arm()).send("GET", id, type.apiVersion);
  /** PUTs the full inputs. The outputs come from a GET afterwards, so that a later refresh compares like with like. */
  const put = async (type: NativeType, id: string, inputs: Properties) => {
    const body = shape.toBody(type, reveal(inputs));
    const outputsOf = (answer: Properties) => annotateSecrets(shape.toOutputs(type, answer), inputs);
    try {
      const answer = await (await arm()).send("PUT", id, type.apiVersion, body);
      if (answer === undefined) throw new Error(`PUT ${id} answered 404: its parent does not exist`);
      const canonical = typeof answer.id === "string" ? answer.id : id;
      const now = await get(type, canonical).catch(({ message }) => Promise.reject(new OperationError(message)));
      return { id: canonical, outputs: outputsOf(now ?? answer) };
    } catch (error) {
      // Azure refused the request, or the connection failed before it was accepted: nothing has begun.
      if (!(error instanceof OperationError)) throw error;
      const missing = new Error(`${id} was not found`);
      const live = await get(type, id).then(
        (answer) => answer ?? missing,
        (failed: Error) => failed,
      );
      const unread = live instanceof Error ? `resource created but read failed ${live.message}: ` : "";
      const outputs = live instanceof Error ? {} : outputsOf(live);
      throw new PartialFailure(unread + error.message, { id, inputs, outputs });
    }
  };

  return {
    check: async ({ urn, news }) => {
      const type = lookUp(urn);
      const failures = [...shape.unknownInputs(type, news), ...missing(type, news)];
      // Secrets are marked as after a refresh, which only sees plain values: a list with a secret in it is one secret.
      return { inputs: annotateSecrets(reveal(news), news), failures };
    },
    diff: async ({ urn, inputs, outputs, news }) => {
      const type = lookUp(urn);
      // A new input whose value the outputs already have needs no replacement: calculateChangesAndReplacements.
      const known = (name: string) => inputs[name] === undefined && equal(reveal(news)[name], reveal(outputs)[name]);
      const forceNew = [...shape.pathInputs(type), "location", ...(type.forceNew ?? [])];
      const needed = forceNew.filter((path) => path !== topOf(path) || !known(path));
      const changes = differences(plain(inputs), plain(news), needed);
      // The program sets the names, so the old resource must go before the new one can be created.
      return { changes, deleteBeforeReplace: Object.values(changes).some((change) => change.endsWith("-replace")) };
    },
    create: async ({ urn, inputs, preview }) => {
      const type = lookUp(urn);
      if (preview) return { id: "", outputs: shape.previewOutputs(type, inputs, {}) };
      const id = await pathOf(type, reveal(inputs));
      if ((await get(type, id)) !== undefined) {
        throw Object.assign(new Error(`cannot create already existing resource '${id}'`), { code: alreadyExists });
      }
      return put(type, id, inputs);
    },
    read: async ({ urn, id: givenId, inputs, outputs }) => {
      const type = lookUp(urn);
      const id = givenId || (await pathOf(type, reveal(inputs)));
      const answer = await get(type, id);
      if (answer === undefined) return undefined;
      const now = shape.toOutputs(type, answer);
      const live = shape.projectToInputs(type, now);
      // Without recorded inputs, this is an import. If a write lost its outputs, every live value counts as new.
      const imported = Object.keys(inputs).length === 0;
      const before = shape.projectToInputs(type, reveal(outputs));
      const kept = imported ? { ...shape.fromArmPath(type, id), ...live } : applyDrift(reveal(inputs), before, live);
      const marked = annotateSecrets(kept, inputs);
      return { id: String(answer.id ?? id), inputs: marked, outputs: annotateSecrets(now, marked) };
    },
    update: async ({ urn, id, outputs, news, preview }) => {
      const type = lookUp(urn);
      return preview ? shape.previewOutputs(type, news, outputs) : (await put(type, id, news)).outputs;
    },
    delete: async ({ urn, id }) => void (await (await arm()).send("DELETE", id, lookUp(urn).apiVersion)),
    invoke: async (token, args) => {
      const type = readBy(token);
      if (type === undefined) throw new Error(unsupported("function", token, "get"));
      const path = await pathOf(type, reveal(args));
      const answer = await get(type, path);
      if (answer === undefined) throw new Error(`Status=404 Code="ResourceNotFound" Message="${path} was not found"`);
      return { ...shape.toOutputs(type, answer), id: answer.id ?? path };
    },
    // The real provider is written in Go, so its errors have this message.
    cancel: () => controller.abort(new Error("context canceled")),
  };
}

function lookUp(urn: string): NativeType {
  const type = resourceTypes[typeOf(urn)];
  if (type === undefined) throw new Error(unsupported("resource type", typeOf(urn), ""));
  return type;
}

function unsupported(what: string, name: string, verb: string): string {
  const all = Object.keys(resourceTypes).map((type) => type.replace(/:(?=\w+$)/, `:${verb}`));
  return `the local azure-native provider does not support the ${what} '${name}'. Supported: ${all.join(", ")}`;
}

/**
 * Returns the missing names and locations. The real azure-native makes up a name and uses the resource group's
 * location; here both are required.
 */
const missing = (type: NativeType, inputs: Properties) =>
  [...shape.pathInputs(type), ...type.inputs.filter((name) => name === "location")]
    .filter((name) => inputs[name] === undefined)
    .map((property) => ({ property, reason: `missing required property '${property}'` }));

/** Returns inputs for a comparison: without secret marks, and with `West Europe` and `westeurope` as one location. */
function plain(inputs: Properties): Properties {
  const { location, ...rest } = reveal(inputs);
  return location === undefined ? rest : { ...rest, location: String(location).toLowerCase().replaceAll(" ", "") };
}
