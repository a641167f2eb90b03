import { isDeepStrictEqual } from "node:util";
import structpb from "google-protobuf/google/protobuf/struct_pb.js";

/** A property value as Pulumi's protocol carries it; secrets are objects marked by {@link secretSignature}. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Properties = Record<string, Value>;

// Fixed by the protocol: pulumi/pulumi sdk/go/common/resource/plugin/rpc.go. The SDK's own constants cost loading all of it.
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

/** Whether the value, or anything inside it, is one; the marks are GUIDs, so no other text holds them. */
export const containsSecret = (value: Value | undefined): boolean =>
  JSON.stringify(value ?? null).includes(secretSignature);
export const containsUnknown = (value: Value | undefined): boolean => JSON.stringify(value ?? null).includes(unknown);

/** Rebuilds a value from the outside in: where `replace` returns undefined, its parts are visited. */
export function mapValue<T extends Value>(value: T, replace: (inner: Value) => Value | undefined): T {
  const visit = (inner: Value): Value => {
    const replaced = replace(inner);
    if (replaced !== undefined) return replaced;
    if (Array.isArray(inner)) return inner.map(visit);
    return isObject(inner) ? Object.fromEntries(Object.entries(inner).map(([key, part]) => [key, visit(part)])) : inner;
  };
  return visit(value) as T;
}

/** The plain values inside secrets, at any depth. */
export const reveal = <T extends Value>(value: T): T =>
  mapValue(value, (inner) => (isSecret(inner) ? reveal(inner.value) : undefined));
/** What may be shown: every secret as `[secret]`. */
export const mask = <T extends Value>(value: T): T =>
  mapValue(value, (inner) => (isSecret(inner) ? "[secret]" : undefined));

/** Equal as JSON, whatever the order of keys. */
export const equal = (a: Value | undefined, b: Value | undefined): boolean =>
  isDeepStrictEqual(a, b, { skipPrototype: true });

export const toStruct = (value: Properties): structpb.Struct =>
  structpb.Struct.fromJavaScript(value as Parameters<typeof structpb.Struct.fromJavaScript>[0]);

/** Nulls dropped, as Pulumi's own engine does. An asset or archive is an error that names it and its place. */
export function fromStruct(message: structpb.Struct | undefined): Properties {
  const strip = (value: Value, path: string): Value => {
    if (Array.isArray(value)) return value.map((inner, index) => strip(inner, `${path}[${index}]`));
    if (!isObject(value)) return value;
    const special = refused[String(value[signature])];
    if (special !== undefined) throw new Error(`${path}: ${special} is not supported by the local engine`);
    const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
    return Object.fromEntries(kept.map(([key, inner]) => [key, strip(inner, path === "" ? key : `${path}.${key}`)]));
  };
  return strip((message?.toJavaScript() ?? {}) as Properties, "") as Properties;
}

/** Marks what was a secret in `inputs` (pulumi pkg/resource/plugin/provider_plugin.go annotateSecrets). */
export function annotateSecrets(values: Properties, inputs: Properties): Properties {
  const mark = ([key, value]: [string, Value]): [string, Value] => {
    const input = inputs[key];
    const inside = isObject(value) && isObject(input) && !isSecret(value) && !isSecret(input);
    if (inside) return [key, annotateSecrets(value, input)];
    return [key, containsSecret(input) ? secret(value) : value];
  };
  return Object.fromEntries(Object.entries(values).map(mark));
}

/** The text without any of the secret values, which a command may have printed. */
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
