/** Folders and files that no deployment depends on. Anything else may affect every stack. */
const inert = [
  /^(packages|docs|tests|bench|\.ci|\.github)\//,
  /^(\w+\.md|LICENSE|\.gitignore|\.nvmrc|biome\.json|tsconfig\.json|vitest\.config\.ts)$/,
];

/**
 * Whether a text can be the name of a stack. A pull request chooses the names, and they become folders and GitHub
 * environments, so `..` must not be one.
 */
export const isStackName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);

/** Returns the stacks of a project, from `Pulumi.NAME.yaml` in its root, in the order of deployment. */
export function stacksOf(rootFiles: readonly string[]): string[] {
  const names = rootFiles.flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  return names.filter(isStackName).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

const order = ["dev", "staging", "prod"];
const rank = (stack: string): number => (order.includes(stack) ? order.indexOf(stack) : order.length);

/** Returns the stacks whose deployment the changed files can affect. A stack's own file affects only that stack. */
export function affectedStacks(stacks: readonly string[], changedFiles: readonly string[]): string[] {
  const own = new Map(stacks.map((stack) => [`Pulumi.${stack}.yaml`, stack]));
  const shared = changedFiles.some((file) => !own.has(file) && !inert.some((pattern) => pattern.test(file)));
  if (shared) return [...stacks];
  const affected = new Set(changedFiles.map((file) => own.get(file)));
  return stacks.filter((stack) => affected.has(stack));
}
