import { isDeepStrictEqual } from "node:util";
import structpb from "google-protobuf/google/protobuf/struct_pb.js";

/** A property value in Pulumi's protocol. Secrets are objects marked with {@link secretSignature}. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Properties = Record<string, Value>;

// Fixed by the protocol: pulumi/pulumi sdk/go/common/resource/plugin/rpc.go. Importing them would load the whole SDK.
export const signature = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** Stands for a value that is not known before the update runs. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const refused: Record<string, string> = {
  c44067f5952c0a294b673a41bacd8c17: "an asset",
  "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
};

export const isObject = (value: unknown): value is Record<string, Value> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isSecret = (value: Value | undefined): value is { value: Value } =>
  isObject(value) && value[signature] === secretSignature;

export const secret = (value: Value): Value => (isSecret(value) ? value : { [signature]: secretSignature, value });

/** Returns whether the value is or contains a secret. The mark is unique, so searching the JSON text is enough. */
export const containsSecret = (value: Value | undefined): boolean =>
  JSON.stringify(value ?? null).includes(secretSignature);
export const containsUnknown = (value: Value | undefined): boolean => JSON.stringify(value ?? null).includes(unknown);

/** Rebuilds a value from the outside in. If `replace` returns undefined, the value's parts are visited. */
export function mapValue<T extends Value>(value: T, replace: (inner: Value) => Value | undefined): T {
  const visit = (inner: Value): Value => {
    const replaced = replace(inner);
    if (replaced !== undefined) return replaced;
    if (Array.isArray(inner)) return inner.map(visit);
    return isObject(inner) ? Object.fromEntries(Object.entries(inner).map(([key, part]) => [key, visit(part)])) : inner;
  };
  return visit(value) as T;
}

/** Replaces every secret with its plain value, at any depth. */
export const reveal = <T extends Value>(value: T): T =>
  mapValue(value, (inner) => (isSecret(inner) ? reveal(inner.value) : undefined));
/** Replaces every secret with `[secret]`, for display. */
export const mask = <T extends Value>(value: T): T =>
  mapValue(value, (inner) => (isSecret(inner) ? "[secret]" : undefined));

/** Compares as JSON; the order of keys does not matter. */
export const equal = (a: Value | undefined, b: Value | undefined): boolean =>
  isDeepStrictEqual(a, b, { skipPrototype: true });

export const toStruct = (value: Properties): structpb.Struct =>
  structpb.Struct.fromJavaScript(value as Parameters<typeof structpb.Struct.fromJavaScript>[0]);

/**
 * Converts a Struct and drops nulls, as Pulumi's engine does.
 * @throws for an asset or archive, with its property path
 */
export function fromStruct(message: structpb.Struct | undefined): Properties {
  const strip = (value: Value, path: string): Value => {
    if (Array.isArray(value)) return value.map((inner, index) => strip(inner, `${path}[${index}]`));
    if (!isObject(value)) return value;
    const special = refused[String(value[signature])];
    if (special !== undefined) throw new Error(`${path}: ${special} is not supported on the local Azure`);
    const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
    return Object.fromEntries(kept.map(([key, inner]) => [key, strip(inner, path === "" ? key : `${path}.${key}`)]));
  };
  return strip((message?.toJavaScript() ?? {}) as Properties, "") as Properties;
}

/** Marks the values that are secret in `inputs` (pulumi pkg/resource/plugin/provider_plugin.go annotateSecrets). */
export function annotateSecrets(values: Properties, inputs: Properties): Properties {
  const mark = ([key, value]: [string, Value]): [string, Value] => {
    const input = inputs[key];
    const inside = isObject(value) && isObject(input) && !isSecret(value) && !isSecret(input);
    if (inside) return [key, annotateSecrets(value, input)];
    return [key, containsSecret(input) ? secret(value) : value];
  };
  return Object.fromEntries(Object.entries(values).map(mark));
}

/** Replaces the inputs' secret values in a text with `[secret]`, because a command may have printed them. */
export function hideSecrets(text: string, inputs: Value): string {
  const hidden: string[] = [];
  mapValue(inputs, (inner) => {
    if (!isSecret(inner)) return undefined;
    const plain = reveal(inner.value);
    hidden.push(...Object.values(isObject(plain) || Array.isArray(plain) ? plain : [plain]).map(String));
    return inner;
  });
  return hidden.filter(Boolean).reduce((shown, value) => shown.replaceAll(value, "[secret]"), text);
}
