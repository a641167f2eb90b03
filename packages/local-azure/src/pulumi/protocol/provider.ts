import type { Properties } from "./values.ts";

/** How a property differs; the names are those of `pulumi preview --json`. */
export type Change = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface Diff {
  /** By property path, for example `configuration.ingress.stickySessions.affinity`; empty: no difference. */
  readonly changes: Readonly<Record<string, Change>>;
  readonly deleteBeforeReplace: boolean;
}

/** A resource as it is recorded. */
export interface Known {
  readonly urn: string;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/**
 * A create or update that the service had accepted and that did not end well: the resource is there, and is recorded with the
 * reason. Its message is that of Pulumi's engine.
 */
export class PartialFailure extends Error {
  readonly reason: string;
  /** No outputs: the resource could not be read either. */
  readonly state: Omit<Known, "urn">;
  constructor(reason: string, state: Omit<Known, "urn">) {
    super(`1 error occurred:\n\t* ${reason}\n\n`);
    this.reason = reason;
    this.state = state;
  }
}

/** What is to be done: nothing yet in a preview; `timeout` in seconds, 0: none. */
interface Write {
  readonly preview: boolean;
  readonly timeout: number;
}

/** A resource provider in plain values, secrets marked: the seam between Pulumi's wire format and what a provider does. */
export interface Provider {
  check(request: {
    urn: string;
    news: Properties;
  }): Promise<{ inputs: Properties; failures: readonly { property: string; reason: string }[] }>;
  diff(request: Known & { news: Properties }): Promise<Diff>;
  create(request: Pick<Known, "urn" | "inputs"> & Write): Promise<{ id: string; outputs: Properties }>;
  /** Undefined: the resource is gone. An empty id: the one that an interrupted create of these inputs would have made. */
  read(request: Known): Promise<Omit<Known, "urn"> | undefined>;
  update(request: Known & Write & { news: Properties }): Promise<Properties>;
  delete(request: Known & { timeout: number }): Promise<void>;
  invoke(token: string, args: Properties): Promise<Properties>;
  /** Ends what is running, with an error to whoever waits for it. */
  cancel(): void;
}

/** The first name of a property path: `configuration` of `configuration.secrets[0]`. */
export const topOf = (path: string): string => path.split(/[.[]/)[0] ?? "";

/** `azure-native:app:ContainerApp` of a URN whose type part may carry parents before a `$`. */
export const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");
