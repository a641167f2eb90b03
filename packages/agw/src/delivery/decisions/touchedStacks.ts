/** Folders and files that no deployment depends on; everything else may change what every stack deploys. */
const inert = [
  /^(packages|docs|tests|bench|\.ci|\.github)\//,
  /^(README\.md|LICENSE|\.gitignore|\.nvmrc|biome\.json|tsconfig\.json|vitest\.config\.ts)$/,
];

/** Names of the stacks of a project: `Pulumi.NAME.yaml` in its root, sorted as they are delivered. */
export function stacksOf(rootFiles: readonly string[]): string[] {
  const names = rootFiles.flatMap((file) => /^Pulumi\.([A-Za-z0-9._-]+)\.yaml$/.exec(file)?.[1] ?? []);
  return names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

const order = ["dev", "staging", "prod"];
const rank = (stack: string): number => (order.includes(stack) ? order.indexOf(stack) : order.length);

/** The stacks whose deployment the changed files can alter. A stack's own file touches it alone. */
export function touchedStacks(stacks: readonly string[], changedFiles: readonly string[]): string[] {
  const own = new Map(stacks.map((stack) => [`Pulumi.${stack}.yaml`, stack]));
  const shared = changedFiles.some((file) => !own.has(file) && !inert.some((pattern) => pattern.test(file)));
  if (shared) return [...stacks];
  const touched = new Set(changedFiles.map((file) => own.get(file)));
  return stacks.filter((stack) => touched.has(stack));
}
