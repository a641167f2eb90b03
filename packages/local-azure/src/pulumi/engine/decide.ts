import type { Diff } from "../protocol/provider.ts";
import type { Properties } from "../protocol/values.ts";
import { touches } from "./propertyPath.ts";

/** A resource as the checkpoint holds it: the fields of Pulumi's deployment version 3. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  /** Empty for a component, and while a create runs. */
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly parent?: string | undefined;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** Seconds after which a step is given up; none: the provider's own limit. */
  readonly customTimeouts?: Readonly<Record<string, number>> | undefined;
  /** Neither to be deleted nor replaced. */
  readonly protect?: boolean | undefined;
  /** Input paths whose changes the program does not want to see. */
  readonly ignoreChanges?: readonly string[] | undefined;
  /** Names of the program's hooks, by when they are called: `BeforeUpdate`, `OnError`. */
  readonly resourceHooks?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Why the last create or update of what is there did not end well. */
  readonly initErrors?: readonly string[] | undefined;
  /** Replaced, and still to be deleted. */
  readonly delete?: boolean;
  /** A step that had begun when the engine last saved: after a crash it is unknown whether it took place. */
  readonly pending?: "creating" | "updating" | "deleting" | undefined;
}

export type Decision =
  | { readonly op: "create" | "same" }
  | { readonly op: "update"; readonly diff: Diff }
  | {
      readonly op: "replace";
      readonly diff: Diff;
      /** The property paths that ask for it. */
      readonly reasons: readonly string[];
    };

/** What is to be done with a resource, from the provider's diff and the paths whose change replaces it for the program. */
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
  // An interrupted or failed step may have left anything behind, so it is done again even if the inputs are the recorded ones.
  const unfinished = old.pending !== undefined || (old.initErrors ?? []).length > 0;
  return changes.length > 0 || unfinished ? { op: "update", diff } : { op: "same" };
}

/** Resources in the order of their deletion: whatever depends on one, or is its child, comes before it. */
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
