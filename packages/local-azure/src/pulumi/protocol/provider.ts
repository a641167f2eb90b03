import type { Properties } from "./values.ts";

/** How a property differs; the names are those of `pulumi preview --json`. */
export type Change = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface Diff {
  /** Changes by property path, such as `configuration.ingress.stickySessions.affinity`. Empty if nothing differs. */
  readonly changes: Readonly<Record<string, Change>>;
  readonly deleteBeforeReplace: boolean;
}

/** A recorded resource. */
export interface Known {
  readonly urn: string;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/**
 * A create or update that the service accepted and that failed afterwards. The resource exists, so it is recorded
 * together with the reason. The message has the wording of Pulumi's engine.
 */
export class PartialFailure extends Error {
  readonly reason: string;
  /** The outputs are empty if the resource could not be read either. */
  readonly state: Omit<Known, "urn">;
  constructor(reason: string, state: Omit<Known, "urn">) {
    super(`1 error occurred:\n\t* ${reason}\n\n`);
    this.reason = reason;
    this.state = state;
  }
}

/** Options of a write. A preview changes nothing. `timeout` is in seconds; 0 means no timeout. */
interface Write {
  readonly preview: boolean;
  readonly timeout: number;
}

/** A resource provider that works on plain values with marked secrets. It knows nothing about Pulumi's wire format. */
export interface Provider {
  check(request: {
    urn: string;
    news: Properties;
  }): Promise<{ inputs: Properties; failures: readonly { property: string; reason: string }[] }>;
  diff(request: Known & { news: Properties }): Promise<Diff>;
  create(request: Pick<Known, "urn" | "inputs"> & Write): Promise<{ id: string; outputs: Properties }>;
  /**
   * Reads the live resource; undefined if it doesn't exist. With an empty id, it reads the resource that an interrupted
   * create of these inputs would have created.
   */
  read(request: Known): Promise<Omit<Known, "urn"> | undefined>;
  update(request: Known & Write & { news: Properties }): Promise<Properties>;
  delete(request: Known & { timeout: number }): Promise<void>;
  invoke(token: string, args: Properties): Promise<Properties>;
  /** Ends all running calls, which reject. */
  cancel(): void;
}

/** Returns the first name of a property path: `configuration` for `configuration.secrets[0]`. */
export const topOf = (path: string): string => path.split(/[.[]/)[0] ?? "";

/** Returns the type of a URN, such as `azure-native:app:ContainerApp`, without the parents' types before a `$`. */
export const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");
