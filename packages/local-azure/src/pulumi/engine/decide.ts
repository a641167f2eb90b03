import type { Diff } from "../protocol/provider.ts";
import type { Properties } from "../protocol/values.ts";
import { touches } from "./propertyPath.ts";

/** A resource as the checkpoint stores it: the fields of Pulumi's deployment version 3. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  /** Empty for a component, and while a create is running. */
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly parent?: string | undefined;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** Timeout of each kind of step, in seconds. A step without one uses the provider's own limit. */
  readonly customTimeouts?: Readonly<Record<string, number>> | undefined;
  /** Whether the engine refuses to delete or replace it. */
  readonly protect?: boolean | undefined;
  /** Input paths whose changes the program ignores. */
  readonly ignoreChanges?: readonly string[] | undefined;
  /** Names of the program's hooks, by kind: `BeforeCreate`, `BeforeUpdate`, `OnError`. */
  readonly resourceHooks?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Why the last create or update failed after the service had accepted it. */
  readonly initErrors?: readonly string[] | undefined;
  /** Whether it has been replaced and must still be deleted. */
  readonly delete?: boolean;
  /** The step in flight when the engine last saved. After a crash, nobody knows whether it took effect. */
  readonly pending?: "creating" | "updating" | "deleting" | undefined;
}

export type Decision =
  | { readonly op: "create" | "same" }
  | { readonly op: "update"; readonly diff: Diff }
  | {
      readonly op: "replace";
      readonly diff: Diff;
      /** The property paths that require the replacement. */
      readonly reasons: readonly string[];
    };

/** Decides what to do with a resource, from the provider's diff and the program's `replaceOnChanges` paths. */
export function decide(
  old: Resource | undefined,
  diff: Diff | undefined,
  replaceOnChanges: readonly string[] = [],
): Decision {
  if (old === undefined || diff === undefined) return { op: "create" };
  const changes = Object.entries(diff.changes);
  const asked = (path: string): boolean => replaceOnChanges.some((pattern) => touches(pattern, path));
  const reasons = changes.filter(([path, change]) => change.endsWith("-replace") || asked(path)).map(([path]) => path);
  if (reasons.length > 0) return { op: "replace", diff, reasons };
  // An interrupted or failed step may have left the resource in any state, so it runs again even without a difference.
  const unfinished = old.pending !== undefined || (old.initErrors ?? []).length > 0;
  return changes.length > 0 || unfinished ? { op: "update", diff } : { op: "same" };
}

/** Sorts resources for deletion: dependents and children come before what they depend on. */
export function deletionOrder(resources: readonly Resource[]): Resource[] {
  const ordered = new Set<Resource>();
  const visiting = new Set<Resource>();
  const visit = (resource: Resource): void => {
    if (visiting.has(resource)) return;
    visiting.add(resource);
    for (const other of resources) {
      if (other.parent === resource.urn || other.dependencies.includes(resource.urn)) visit(other);
    }
    ordered.add(resource);
  };
  for (const resource of [...resources].reverse()) visit(resource);
  return [...ordered];
}
