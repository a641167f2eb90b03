import { at, isObject, type Properties, type ResourceChange } from "../digest/previewDigest.ts";

/** What an update does to the address of the app's ingress. */
export type IngressForecast =
  | { readonly kind: "stays" }
  /** The app has no ingress before the update, so no client is connected. */
  | { readonly kind: "absent" }
  | { readonly kind: "removed" }
  /** The host name changes: Container Apps names an internal app `NAME.internal.DOMAIN`. */
  | { readonly kind: "moves"; readonly to: "internal" | "external" | "another" }
  | { readonly kind: "hidden" };

/** Forecasts what happens to the ingress from the app's change in a preview. */
export function forecastIngress({ before, after, paths }: ResourceChange): IngressForecast {
  if (!isShown(before?.inputs) || !isShown(after?.inputs)) return fromPaths(paths);
  const [old, next] = [at(before?.inputs, ingress), at(after?.inputs, ingress)];
  if (!isObject(old)) return { kind: "absent" };
  if (!isObject(next)) return { kind: "removed" };
  const external = next.external === true;
  if ((old.external === true) !== external) return { kind: "moves", to: external ? "external" : "internal" };
  return { kind: "stays" };
}

const ingress = "configuration.ingress";

/** A single secret makes the preview hide the whole configuration. */
const isShown = (inputs: Properties | undefined): boolean => isObject(inputs?.configuration);

/** Used if the values are hidden: the provider still names the paths that differ. */
function fromPaths(paths: readonly string[]): IngressForecast {
  if (paths.some((path) => path === "configuration" || path === ingress)) return { kind: "hidden" };
  return paths.includes(`${ingress}.external`) ? { kind: "moves", to: "another" } : { kind: "stays" };
}
