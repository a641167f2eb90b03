import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";

export const root = join(import.meta.dirname, "..", "..", "..");

/** A source file, relative to the project folder, and all its imports, including types. */
export interface Source {
  readonly file: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written in the source. */
  readonly specifier: string;
  /** The imported file of this project; undefined for a package. */
  readonly file: string | undefined;
}

/** Exports of the packages, such as `agentgateway-local-azure/host`, with their files. */
const doors: ReadonlyMap<string, string> = new Map(
  globSync("packages/*/package.json", { cwd: root }).flatMap((manifest) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, manifest), "utf8")) as {
      readonly name: string;
      readonly exports?: Readonly<Record<string, string>>;
    };
    return Object.entries(exports).map(([door, file]): [string, string] => [
      join(name, door),
      join(dirname(manifest), file),
    ]);
  }),
);

/** All source files except tests and generated files. */
export const sources: readonly Source[] = globSync(
  ["index.ts", "src/**/*.{ts,mjs}", "affinity-step/*.mjs", "packages/*/src/**/*.{ts,mjs}", "policy/*.{ts,mts}"],
  { cwd: root },
)
  .sort()
  .map(readSource);

function readSource(file: string): Source {
  const text = readFileSync(join(root, file), "utf8");
  const { importedFiles } = ts.preProcessFile(text, true, true);
  // `.mjs` files import types in comments.
  const inComments = [...text.matchAll(/import\("([^"]+)"\)/g)].map(([, name = ""]) => name);
  const specifiers = new Set([...importedFiles.map(({ fileName }) => fileName), ...inComments]);
  const imports = [...specifiers].map((specifier) => ({ specifier, file: resolveImport(file, specifier) }));
  return { file, lines: text.split("\n").length - 1, imports };
}

function resolveImport(from: string, specifier: string): string | undefined {
  const file = specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : doors.get(specifier);
  return file !== undefined && existsSync(join(root, file)) ? file : undefined;
}

/** Finds cycles: strongly connected components with more than one node (Tarjan's algorithm). */
export function circles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const [index, low, stack, found] = [
    new Map<string, number>(),
    new Map<string, number>(),
    [] as string[],
    [] as string[][],
  ];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const members = stack.splice(stack.indexOf(node));
    if (members.length > 1) found.push(members.sort());
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}

/** Import edges between groups of files; `of` maps a file to its group. */
export function edgesBetween(of: (file: string) => string): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const { file, imports } of sources) {
    const from = of(file);
    if (!edges.has(from)) edges.set(from, new Set());
    for (const { file: target } of imports) if (target && of(target) !== from) edges.get(from)?.add(of(target));
  }
  return edges;
}
