import type { Diff } from "../protocol/provider.ts";
import type { Properties } from "../protocol/wire.ts";

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

const segments = (path: string): string[] => path.match(/[^.[\]"]+/g) ?? [];

/** Whether a changed path lies under the pattern, or the pattern under it; `*` is any one segment. */
function touches(pattern: string, path: string): boolean {
  const [a, b] = [segments(pattern), segments(path)];
  return a.every((part, i) => i >= b.length || part === "*" || part === b[i]);
}

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
  // An interrupted step may have left anything behind, so it is done again even where the inputs are the recorded ones.
  return changes.length > 0 || old.pending !== undefined ? { op: "update", diff } : { op: "same" };
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
