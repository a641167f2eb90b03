import type { Resource } from "./decide.ts";

/**
 * Refuses to replace a protected resource, or one whose replacement would delete a protected dependent.
 *
 * @throws the message of Pulumi's engine: pulumi pkg/resource/deploy/step_generator.go
 */
export function refuseProtected(goal: Resource, old: Resource, dependents: readonly Resource[]): void {
  const rest =
    "as it is currently marked for protection. To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`";
  if (goal.protect && old.protect) throw new Error(`unable to replace resource "${old.urn}"\n${rest}`);
  const dependent = dependents.find(({ protect }) => protect);
  if (dependent === undefined) return;
  throw new Error(
    `unable to replace resource "${dependent.urn}" as part of replacing "${old.urn}" ${rest}, or use the command:\n\`pulumi state unprotect '${dependent.urn}'\``,
  );
}

/** Returns Pulumi's message for a protected resource that would be deleted: pulumi pkg/resource/deploy/step.go. */
export const protectedFromDeletion = (urn: string): string =>
  `resource "${urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${urn}'\``;
