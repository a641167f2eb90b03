import type { Diff } from "../protocol/provider.ts";
import type { Options, Resource } from "./decide.ts";

export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "refresh";

/** One thing done, or in a preview to be done, with one resource. */
export interface Step {
  readonly op: Op;
  readonly urn: string;
  readonly oldState?: Resource;
  readonly newState?: Resource;
  readonly diff?: Diff;
  /** Property paths that ask for a replacement. */
  readonly reasons?: readonly string[];
}

export type EngineEvent =
  | { readonly kind: "begin"; readonly op: Op; readonly urn: string }
  | { readonly kind: "end"; readonly step: Step; readonly seconds: number }
  | {
      readonly kind: "failed";
      readonly op: Op;
      readonly urn: string;
      readonly message: string;
      readonly seconds: number;
    }
  | {
      readonly kind: "log";
      readonly severity: "info" | "warning" | "error";
      readonly message: string;
      readonly urn?: string;
    };

/** What the program declares of one resource. */
export interface Goal extends Resource {
  readonly options: Options;
}
