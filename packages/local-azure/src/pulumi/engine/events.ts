import type { Diff } from "../protocol/provider.ts";
import type { Decision, Resource } from "./decide.ts";

export type Op = Decision["op"] | "delete" | "create-replacement" | "delete-replaced" | "refresh";

/** One operation on one resource: done, or planned in a preview. */
export interface Step {
  readonly op: Op;
  readonly urn: string;
  readonly oldState?: Resource | undefined;
  readonly newState?: Resource | undefined;
  readonly diff?: Diff | undefined;
  /** Property paths that require a replacement. */
  readonly reasons?: readonly string[] | undefined;
}

/** A message of the program or of a step. */
export interface Message {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  readonly urn?: string | undefined;
}

export type EngineEvent =
  | { readonly kind: "begin" | "failed"; readonly op: Op; readonly urn: string }
  | { readonly kind: "end"; readonly step: Step; readonly seconds: number }
  | ({ readonly kind: "log" } & Message);

/** What the program declares about one resource. */
export interface Goal extends Resource {
  /** Paths whose change requires a replacement; `*` matches any one segment. */
  readonly replaceOnChanges: readonly string[];
}
