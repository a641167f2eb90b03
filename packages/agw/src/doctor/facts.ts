import { appOptions } from "../../../../src/component/az/appOptions.ts";
import type { AzFailure } from "./azureCli.ts";

/** The app to check. */
export interface Target {
  readonly name: string;
  readonly resourceGroup: string;
}

/** Returns the options that name the app for az, in az's default subscription. */
export const azOptions = ({ name, resourceGroup }: Target): string[] =>
  appOptions({ containerAppName: name, resourceGroupName: resourceGroup });

/** A value that was read, or why it was not. */
export type Look<T> =
  | { readonly kind: "seen"; readonly value: T }
  | { readonly kind: "unseen"; readonly reason: AzFailure | "not looked at"; readonly message: string };

export interface Account {
  readonly user: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
}

/** The properties of the live app that affinity depends on. */
export interface App {
  readonly id: string;
  readonly provisioningState: string;
  readonly runningStatus: string | undefined;
  readonly revisionMode: string;
  /** Undefined if there is no ingress. */
  readonly transport: string | undefined;
  /** Whether the address is reachable from outside the environment. */
  readonly external: boolean;
  readonly affinity: "sticky" | "none";
  /** Number of IP restrictions of the ingress. */
  readonly ipRestrictions: number;
  /** Whether the ingress requires a client certificate. */
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

/** The result of two requests to the gateway: one without cookies, then one with the cookies from the first response. */
export type UrlLook =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly cookies: readonly SeenCookie[];
      readonly second: SecondAnswer;
    }
  | {
      readonly kind: "silent";
      readonly message: string;
      /** Whether the gateway's certificate isn't trusted. */
      readonly untrusted?: boolean;
      /** Whether the gateway ended the connection because the doctor sends no client certificate. */
      readonly wantsCertificate?: boolean;
    };

export interface SeenCookie {
  readonly name: string;
  readonly domain: string | undefined;
  readonly path: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
  /** Whether a standard cookie jar sends it back to the same address. */
  readonly kept: boolean;
}

/** `changed`: names of cookies that the gateway replaced although the client sent them. */
export type SecondAnswer =
  | { readonly kind: "answered"; readonly changed: readonly string[] }
  | { readonly kind: "silent" };

/** Everything that the checks are based on. */
export interface Facts {
  /** Name of the stack, or undefined if the app was given by name. */
  readonly stack: string | undefined;
  /** Why the app of the stack is unknown, and what to do. Undefined if it is known. */
  readonly unnamed: { readonly found: string; readonly try: string } | undefined;
  /** The command that deploys the app or corrects its drift. */
  readonly update: string;
  readonly target: Target | undefined;
  /** The affinity that the stack sets, or undefined if unknown. */
  readonly wanted: "sticky" | "none" | undefined;
  /** The expected subscription, or undefined if not specified. */
  readonly subscription: string | undefined;
  readonly account: Look<Account>;
  readonly app: Look<App>;
  readonly revision: Look<Revision>;
  /** Number of running replicas. */
  readonly replicas: Look<number>;
  readonly url: string | undefined;
  readonly answer: UrlLook | undefined;
}
