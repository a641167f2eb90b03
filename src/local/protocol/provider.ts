import type { Properties } from "./wire.ts";

/** How one property path differs; the names are those of `pulumi preview --json`. */
export interface PropertyDiff {
  readonly kind: "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
  readonly inputDiff: boolean;
}

export interface Diff {
  readonly changes: boolean;
  /** By property path, for example `configuration.ingress.stickySessions.affinity`. */
  readonly detailed: Readonly<Record<string, PropertyDiff>>;
  /** Top-level properties whose change needs a new resource. */
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

export interface Known {
  readonly urn: string;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** A resource provider in plain values (timeouts in seconds, 0: none): the seam between Pulumi's wire format and what a provider does. */
export interface Provider {
  /** True: secrets reach the provider marked. False: it sees plain values, and the engine marks what comes back. */
  readonly acceptSecrets: boolean;
  check(request: {
    urn: string;
    olds: Properties;
    news: Properties;
    seed?: Uint8Array;
  }): Promise<{ inputs: Properties; failures: readonly { property: string; reason: string }[] }>;
  diff(request: Known & { news: Properties }): Promise<Diff>;
  create(request: {
    urn: string;
    inputs: Properties;
    preview: boolean;
    timeout: number;
  }): Promise<{ id: string; outputs: Properties }>;
  /** Undefined: the resource is gone. An empty id: the one that an interrupted create of these inputs would have made. */
  read(request: Known): Promise<{ id: string; inputs: Properties; outputs: Properties } | undefined>;
  update(request: Known & { news: Properties; preview: boolean; timeout: number }): Promise<Properties>;
  delete(request: Known & { timeout: number }): Promise<void>;
  invoke(token: string, args: Properties): Promise<Properties>;
  /** Ends what is running, with an error to whoever waits for it. */
  cancel(): void;
}

/** `azure-native:app:ContainerApp` of a URN whose type part may carry parents before a `$`. */
export const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");
