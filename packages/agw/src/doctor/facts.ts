import { appOptions } from "../../../../src/component/az/appOptions.ts";
import type { AzFailure } from "./azureCli.ts";

/** The app that is looked at. */
export interface Target {
  readonly name: string;
  readonly resourceGroup: string;
}

/** The options by which az finds it, in the subscription that az takes by default. */
export const azOptions = ({ name, resourceGroup }: Target): string[] =>
  appOptions({ containerAppName: name, resourceGroupName: resourceGroup });

/** Something that was looked at: seen, or not, and then why. */
export type Look<T> =
  | { readonly kind: "seen"; readonly value: T }
  | { readonly kind: "unseen"; readonly reason: AzFailure | "not looked at"; readonly message: string };

export interface Account {
  readonly user: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
}

/** The live app, as far as affinity rests on it. */
export interface App {
  readonly id: string;
  readonly provisioningState: string;
  readonly runningStatus: string | undefined;
  readonly revisionMode: string;
  /** Undefined: no ingress. */
  readonly transport: string | undefined;
  /** Whether its address is reachable from outside its environment. */
  readonly external: boolean;
  readonly affinity: "sticky" | "none";
  /** Rules by which its ingress refuses addresses. */
  readonly ipRestrictions: number;
  /** Whether its ingress refuses who shows no certificate. */
  readonly asksForCertificate: boolean;
  readonly fqdn: string | undefined;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly latestRevision: string | undefined;
  readonly latestReadyRevision: string | undefined;
}

export interface Revision {
  readonly name: string;
  readonly health: string | undefined;
  readonly running: string | undefined;
  readonly provisioning: string | undefined;
}

/** What two requests to the gateway showed: one without cookies, one with those that the first was given. */
export type UrlLook =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly cookies: readonly SeenCookie[];
      readonly second: SecondAnswer;
    }
  | { readonly kind: "silent"; readonly message: string /** Its certificate is. */; readonly untrusted?: boolean };

export interface SeenCookie {
  readonly name: string;
  readonly domain: string | undefined;
  readonly path: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
  /** Whether a standard cookie jar sends it with the next request to the same address. */
  readonly kept: boolean;
}

/** `changed`: names of cookies that the gateway replaced although the client had sent them. */
export type SecondAnswer =
  | { readonly kind: "answered"; readonly changed: readonly string[] }
  | { readonly kind: "silent" };

/** All that the doctor looked at. */
export interface Facts {
  /** Name of the stack; undefined where the app was named instead. */
  readonly stack: string | undefined;
  /** Why the stack names no app, and what to do; undefined where it names one. */
  readonly unnamed: { readonly found: string; readonly mend: string } | undefined;
  /** The command that brings the app up, or back to what is asked for. */
  readonly update: string;
  readonly target: Target | undefined;
  /** What the stack asks for; undefined where nobody said. */
  readonly wanted: "sticky" | "none" | undefined;
  /** The subscription that is meant; undefined where nobody said. */
  readonly subscription: string | undefined;
  readonly account: Look<Account>;
  readonly app: Look<App>;
  readonly revision: Look<Revision>;
  /** Number of replicas that run now. */
  readonly replicas: Look<number>;
  readonly url: string | undefined;
  readonly answer: UrlLook | undefined;
}
