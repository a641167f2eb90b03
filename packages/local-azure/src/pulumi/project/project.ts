import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { parse } from "yaml";

/** The settings in `Pulumi.yaml` that the engine uses. */
export interface Project {
  readonly directory: string;
  readonly name: string;
  /** The program, relative to the project. */
  readonly main: string;
  readonly nodeArgs: readonly string[];
  readonly typescript: boolean;
  /** Whether `Pulumi.yaml` sets `options.refresh: always`. */
  readonly refresh: boolean;
}

const problem = (message: string): Error => Object.assign(new Error(message), { exitCode: 2 });

/** Reads a YAML file that contains a mapping. An empty file is an empty mapping. */
function readMap(file: string): YamlMap {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (error) {
    // The rest of the parser's message quotes the file, which may contain secrets.
    const why = (error as Error).message.split("\n")[0]?.replace(/:$/, "");
    throw problem(`${basename(file)}: cannot be read: ${why}`);
  }
  return asMap(basename(file), value);
}

type YamlMap = Readonly<Record<string, unknown>>;

function asMap(where: string, value: unknown): YamlMap {
  if (value === null || value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as YamlMap;
  throw problem(
    `${where}: must be a mapping of keys to values, got ${Array.isArray(value) ? "a list" : `a ${typeof value}`}`,
  );
}

interface ProjectFile {
  readonly name?: unknown;
  readonly main?: string;
  readonly runtime?:
    | string
    | { readonly name?: string; readonly options?: { readonly nodeargs?: string; readonly typescript?: boolean } };
  readonly options?: { readonly refresh?: string };
}

export function readProject(directory: string): Project {
  const file = join(directory, "Pulumi.yaml");
  if (!existsSync(file)) throw problem(`no Pulumi.yaml in ${directory}. Run this in the folder of a Pulumi project`);
  const yaml: ProjectFile = readMap(file);
  if (typeof yaml.name !== "string")
    throw problem(`Pulumi.yaml: name: must be a string, got ${JSON.stringify(yaml.name)}`);
  const runtime = typeof yaml.runtime === "string" ? { name: yaml.runtime } : yaml.runtime;
  if (runtime?.name !== "nodejs")
    throw problem(`Pulumi.yaml: runtime: must be nodejs, got ${JSON.stringify(runtime?.name)}`);
  return {
    directory,
    name: yaml.name,
    main: yaml.main ?? ".",
    nodeArgs: String(runtime.options?.nodeargs ?? "")
      .split(" ")
      .filter(Boolean),
    typescript: runtime.options?.typescript ?? true,
    refresh: yaml.options?.refresh === "always",
  };
}

/**
 * Returns the script of the project's Pulumi SDK that runs programs.
 * @throws if the project's packages are not installed
 */
export function programRunner({ directory }: Project): string {
  try {
    return createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch {
    throw new Error(`@pulumi/pulumi is not installed in ${directory}. Install the program's packages there: npm ci`);
  }
}

/**
 * Defaults on the local Azure for keys that the stack's config doesn't set. Everything there is gone when it ends, so
 * nothing needs protection, and `destroy` works without changing the config first.
 */
const localDefaults = { deletionProtection: "false" };

/** Returns the names of a project's stacks: those with a Pulumi.STACK.yaml. */
export const stackNames = (directory: string): string[] =>
  readdirSync(directory)
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();

/**
 * Returns a stack's config in the form that Pulumi passes to a program, `project:key` -> string. `overrides` win, also
 * over values that only Pulumi's CLI can decrypt.
 */
export function readConfig(
  project: Project,
  stack: string,
  overrides: Readonly<Record<string, string>>,
): Record<string, string> {
  const file = (name: string): string => join(project.directory, `Pulumi.${name}.yaml`);
  if (!existsSync(file(stack))) {
    throw problem(`no stack '${stack}'. Available stacks: ${stackNames(project.directory).join(", ") || "none"}`);
  }
  const qualify = (key: string): string => (key.includes(":") ? key : `${project.name}:${key}`);
  const text = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const declared = (name: string): Record<string, unknown> =>
    asMap(`${name}: config`, readMap(join(project.directory, name)).config);
  const given = new Set(Object.keys(overrides).map(qualify));
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(localDefaults)) config[qualify(key)] = value;
  for (const [key, value] of Object.entries(declared("Pulumi.yaml"))) {
    const entry = (typeof value === "object" && value !== null ? value : { default: value }) as Record<string, unknown>;
    const found = entry.value ?? entry.default;
    if (found !== undefined) config[qualify(key)] = text(found);
  }
  for (const [key, value] of Object.entries(declared(`Pulumi.${stack}.yaml`))) {
    if (given.has(qualify(key))) continue;
    if (typeof value === "object" && value !== null && "secure" in value) {
      throw problem(
        `Pulumi.${stack}.yaml: ${key} is encrypted, and only Pulumi's CLI can decrypt it. For this run, pass its value: -c ${key}=@FILE`,
      );
    }
    config[qualify(key)] = text(value);
  }
  for (const [key, value] of Object.entries(overrides)) config[qualify(key)] = value;
  return config;
}

/** Masks the values that were passed for this run only: any of them can be a secret. */
export function shownConfig(
  config: Record<string, string>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const hidden = (key: string): boolean => Object.keys(given).some((name) => key === name || key.endsWith(`:${name}`));
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, hidden(key) ? "[secret]" : value]));
}
