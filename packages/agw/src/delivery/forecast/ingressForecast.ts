import { isDeepStrictEqual } from "node:util";
import { at, isObject, type Properties, type ResourceChange } from "../digest/previewDigest.ts";

/** What an update does to the app's ingress that clients notice. `refusing` lists changed settings that may refuse them. */
export type IngressForecast =
  | { readonly kind: "stays"; readonly refusing: readonly string[] }
  /** The app has no ingress before the update, so no client is connected. */
  | { readonly kind: "absent" }
  | { readonly kind: "removed" }
  /** The host name changes: Container Apps names an internal app `NAME.internal.DOMAIN`. */
  | { readonly kind: "moves"; readonly to: "internal" | "external" | "another" }
  | { readonly kind: "hidden" };

/**
 * Ingress settings whose change can refuse clients that were accepted before. `unset` is Azure's default; `refuses` says
 * whether the new value can refuse anyone.
 */
const refusing: Readonly<Record<string, { readonly unset: unknown; refuses(value: unknown): boolean }>> = {
  targetPort: { unset: undefined, refuses: () => true },
  exposedPort: { unset: 0, refuses: () => true },
  transport: { unset: "auto", refuses: () => true },
  allowInsecure: { unset: false, refuses: (value) => value === false },
  clientCertificateMode: { unset: "ignore", refuses: (value) => value === "require" },
  ipSecurityRestrictions: { unset: [], refuses: (value) => !isDeepStrictEqual(value, []) },
};

/** Forecasts what happens to the ingress from the app's change in a preview. */
export function forecastIngress({ before, after, paths }: ResourceChange): IngressForecast {
  if (!isShown(before?.inputs) || !isShown(after?.inputs)) return fromPaths(paths);
  const [old, next] = [at(before?.inputs, ingress), at(after?.inputs, ingress)];
  if (!isObject(old)) return { kind: "absent" };
  if (!isObject(next)) return { kind: "removed" };
  const external = next.external === true;
  if ((old.external === true) !== external) return { kind: "moves", to: external ? "external" : "internal" };
  const changed = Object.entries(refusing).filter(([name, { unset, refuses }]) => {
    const [was, is] = [plain(old[name] ?? unset), plain(next[name] ?? unset)];
    return !isDeepStrictEqual(was, is) && refuses(is);
  });
  return { kind: "stays", refusing: changed.map(([name]) => `${ingress}.${name}`) };
}

const ingress = "configuration.ingress";

/** A single secret makes the preview hide the whole configuration. */
const isShown = (inputs: Properties | undefined): boolean => isObject(inputs?.configuration);

/** Azure accepts enum values in any case and returns them in its own. */
const plain = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value);

/** Used if the values are hidden: the provider still names the paths that differ. */
function fromPaths(paths: readonly string[]): IngressForecast {
  if (paths.some((path) => path === "configuration" || path === ingress)) return { kind: "hidden" };
  if (paths.includes(`${ingress}.external`)) return { kind: "moves", to: "another" };
  const named = paths.filter((path) => Object.hasOwn(refusing, settingOf(path)));
  return { kind: "stays", refusing: named };
}

const settingOf = (path: string): string => /^configuration\.ingress\.(\w+)/.exec(path)?.[1] ?? "";
