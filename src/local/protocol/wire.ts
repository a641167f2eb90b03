import structpb from "google-protobuf/google/protobuf/struct_pb.js";

/** A property value as Pulumi's protocol carries it; secrets are objects marked by {@link secretSignature}. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Properties = Record<string, Value>;

// Fixed by the protocol: pulumi/pulumi sdk/go/common/resource/plugin/rpc.go and sdk/nodejs/runtime/rpc.ts.
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

/** Whether the test holds for the value itself or anything inside it. */
function some(value: Value | undefined, test: (inner: Value) => boolean): boolean {
  if (value === undefined) return false;
  if (test(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some((inner) => some(inner, test));
}

export const containsSecret = (value: Value | undefined): boolean => some(value, isSecret);
export const containsUnknown = (value: Value | undefined): boolean => some(value, (inner) => inner === unknown);

/** Rebuilds a value from the outside in: where `replace` returns undefined, its parts are visited. */
export function mapValue(value: Value, replace: (inner: Value) => Value | undefined): Value {
  const replaced = replace(value);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return value.map((inner) => mapValue(inner, replace));
  return isObject(value) ? mapProperties(value, replace) : value;
}

export function mapProperties(value: Properties, replace: (inner: Value) => Value | undefined): Properties {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapValue(inner, replace)]));
}

/** The plain values inside secrets, at any depth. */
export const reveal = (value: Value): Value =>
  mapValue(value, (inner) => (isSecret(inner) ? reveal(inner.value) : undefined));
export const revealAll = (value: Properties): Properties => reveal(value) as Properties;
/** What may be shown: every secret as `[secret]`. */
export const mask = (value: Value): Value => mapValue(value, (inner) => (isSecret(inner) ? "[secret]" : undefined));

/** Equal as JSON, whatever the order of keys; null and absent are the same, as the protocol drops nulls. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  const [x, y] = [a ?? null, b ?? null];
  if (Array.isArray(x) && Array.isArray(y)) return x.length === y.length && x.every((inner, i) => equal(inner, y[i]));
  if (!isObject(x) || !isObject(y)) return x === y;
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((key) => equal(x[key], y[key]));
}

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

/** Marks what was a secret in `inputs` (pulumi pkg/resource/plugin/provider_plugin.go annotateSecrets), and the named properties. */
export function annotateSecrets(values: Properties, inputs: Properties, also: readonly string[] = []): Properties {
  const mark = ([key, value]: [string, Value]): [string, Value] => {
    const input = inputs[key];
    if (isObject(value) && isObject(input) && !isSecret(value) && !isSecret(input) && !also.includes(key)) {
      return [key, annotateSecrets(value, input)];
    }
    return [key, also.includes(key) || containsSecret(input) ? secret(value) : value];
  };
  return Object.fromEntries(Object.entries(values).map(mark));
}

/** The text without any of the secret values, which a command may have printed. */
export function hideSecrets(text: string, inputs: Value): string {
  if (isSecret(inputs)) {
    const plain = reveal(inputs.value);
    const values = isObject(plain) || Array.isArray(plain) ? Object.values(plain) : [plain];
    return values.reduce<string>(
      (shown, value) => (value === "" ? shown : shown.replaceAll(String(value), "[secret]")),
      text,
    );
  }
  const inner = isObject(inputs) || Array.isArray(inputs) ? Object.values(inputs) : [];
  return inner.reduce<string>(hideSecrets, text);
}
