import { isDeepStrictEqual } from "node:util";
import { at, isObject, type Properties, type ResourceChange } from "../digest/previewDigest.ts";

/** What an update does to the app's ingress, as far as its clients notice. `refusing`: settings that may keep them out. */
export type IngressForecast =
  | { readonly kind: "stays"; readonly refusing: readonly string[] }
  /** There is none before the update: nobody can be connected. */
  | { readonly kind: "absent" }
  | { readonly kind: "removed" }
  /** Its host name changes: an app that only its environment reaches is `NAME.internal.DOMAIN`. */
  | { readonly kind: "moves"; readonly to: "internal" | "external" | "another" }
  | { readonly kind: "hidden" };

/**
 * Settings after whose change clients may be refused that were let in before: whether this value can do so. What is left
 * out has Azure's default.
 */
const refusing: Readonly<Record<string, { readonly unset: unknown; refuses(value: unknown): boolean }>> = {
  targetPort: { unset: undefined, refuses: () => true },
  exposedPort: { unset: 0, refuses: () => true },
  transport: { unset: "auto", refuses: () => true },
  allowInsecure: { unset: false, refuses: (value) => value === false },
  clientCertificateMode: { unset: "ignore", refuses: (value) => value === "require" },
  ipSecurityRestrictions: { unset: [], refuses: (value) => !isDeepStrictEqual(value, []) },
};

/** Decides from an app's change in a preview what becomes of its ingress. */
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

/** A secret in the configuration hides all of it. */
const isShown = (inputs: Properties | undefined): boolean => isObject(inputs?.configuration);

/** Azure takes its words in any case, and answers in its own. */
const plain = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value);

/** Where the values are hidden, the paths that differ are not. */
function fromPaths(paths: readonly string[]): IngressForecast {
  if (paths.some((path) => path === "configuration" || path === ingress)) return { kind: "hidden" };
  if (paths.includes(`${ingress}.external`)) return { kind: "moves", to: "another" };
  const named = paths.filter((path) => Object.hasOwn(refusing, settingOf(path)));
  return { kind: "stays", refusing: named };
}

const settingOf = (path: string): string => /^configuration\.ingress\.(\w+)/.exec(path)?.[1] ?? "";
