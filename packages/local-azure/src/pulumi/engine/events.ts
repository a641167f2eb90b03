import type { Diff } from "../protocol/provider.ts";
import type { Decision, Resource } from "./decide.ts";

export type Op = Decision["op"] | "delete" | "create-replacement" | "delete-replaced" | "refresh";

/** One thing done, or in a preview to be done, with one resource. */
export interface Step {
  readonly op: Op;
  readonly urn: string;
  readonly oldState?: Resource | undefined;
  readonly newState?: Resource | undefined;
  readonly diff?: Diff | undefined;
  /** Property paths that ask for a replacement. */
  readonly reasons?: readonly string[] | undefined;
}

/** What the program or a step said. */
export interface Message {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  readonly urn?: string | undefined;
}

export type EngineEvent =
  | { readonly kind: "begin" | "failed"; readonly op: Op; readonly urn: string }
  | { readonly kind: "end"; readonly step: Step; readonly seconds: number }
  | ({ readonly kind: "log" } & Message);

/** What the program declares of one resource. */
export interface Goal extends Resource {
  /** Paths whose change asks for a replacement; `*` is any one segment. */
  readonly replaceOnChanges: readonly string[];
}
