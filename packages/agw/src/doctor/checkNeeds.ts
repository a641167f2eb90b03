import { type CheckResult, ok, unknown } from "./checkResult.ts";
import { type App, azOptions, type Facts, type SeenCookie, type Target, type UrlLook } from "./facts.ts";
import { expected } from "./reach.ts";

/** Finds what a check needs. If it is missing, the check gives another result instead, or none. */
export type Need<T> = (facts: Facts) => Needed<T>;
type Needed<T> =
  | { readonly kind: "there"; readonly value: T }
  | { readonly kind: "missing"; readonly instead: CheckResult | undefined };

const there = <T>(value: T): Needed<T> => ({ kind: "there", value });
const missing = (instead?: CheckResult): Needed<never> => ({ kind: "missing", instead });

export const aStackWithoutApp: Need<{ found: string; try: string }> = ({ unnamed }) =>
  unnamed === undefined ? missing() : there(unnamed);

export const aNamedApp: Need<Target> = ({ target }) => (target === undefined ? missing() : there(target));

export interface SeenApp {
  readonly app: App;
  /** The options that name it for az. */
  readonly which: string;
}

export const aSeenApp: Need<SeenApp> = ({ target, app }) => {
  if (target === undefined) return missing();
  if (app.kind === "unseen") return missing(unknown("the app could not be read"));
  return there({ app: app.value, which: azOptions(target).join(" ") });
};

export interface Address {
  readonly url: string;
  readonly answer: UrlLook;
}

export const anAddress: Need<Address> = (facts) => {
  const { url, answer } = facts;
  if (url !== undefined && answer !== undefined) return there({ url, answer });
  return missing(withoutIngress(facts) ?? unknown(noAddress, "npx agw doctor --url URL"));
};

const noAddress = "the address is not known";

function withoutIngress({ app, wanted }: Facts): CheckResult | undefined {
  if (app.kind === "unseen" || app.value.transport !== undefined) return undefined;
  return (wanted === "none" ? ok : unknown)("none; the app has no ingress");
}

export interface AnsweringAddress {
  readonly url: string;
  readonly answer: UrlLook & { readonly kind: "answered" };
  /** The affinity cookie, or any other cookie if there is none. */
  readonly cookie: SeenCookie | undefined;
}

/** Names of the affinity cookies of Container Apps and App Service. */
export const affinityCookies = ["acaAffinity", "ARRAffinity", "ARRAffinitySameSite"];

export const anAnsweringAddress: Need<AnsweringAddress> = (facts) => {
  const { url, answer } = facts;
  if (url === undefined || answer === undefined) return missing(withoutIngress(facts) ?? unknown(noAddress));
  if (answer.kind === "silent") return missing(unknown("the URL does not answer"));
  const cookie = answer.cookies.find(({ name }) => affinityCookies.includes(name)) ?? answer.cookies[0];
  return there({ url, answer, cookie });
};

export const aCookie: Need<AnsweringAddress & { readonly cookie: SeenCookie }> = (facts) => {
  const needed = anAnsweringAddress(facts);
  if (needed.kind === "missing") return needed;
  const { cookie } = needed.value;
  if (cookie !== undefined) return there({ ...needed.value, cookie });
  return missing(expected(facts) === "none" ? ok("none; affinity is off") : unknown("no cookie was issued"));
};
