import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { parse } from "yaml";

/** What the engine needs of `Pulumi.yaml`. */
export interface Project {
  readonly directory: string;
  readonly name: string;
  /** The program, relative to the project. */
  readonly main: string;
  readonly nodeArgs: readonly string[];
  readonly typescript: boolean;
  /** `options.refresh: always`. */
  readonly refresh: boolean;
}

const problem = (message: string): Error => Object.assign(new Error(message), { exitCode: 2 });

/** A YAML file that holds a map; an empty one holds an empty map. */
function readMap(file: string): YamlMap {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (error) {
    // What follows in the parser's message quotes the file, which may hold secrets.
    const why = (error as Error).message.split("\n")[0]?.replace(/:$/, "");
    throw problem(`${basename(file)}: cannot be read: ${why}`);
  }
  return asMap(basename(file), value);
}

type YamlMap = Readonly<Record<string, unknown>>;

function asMap(where: string, value: unknown): YamlMap {
  if (value === null || value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as YamlMap;
  throw problem(`${where}: must be a map of keys, and is ${Array.isArray(value) ? "a list" : `a ${typeof value}`}`);
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
  if (!existsSync(file)) throw problem(`there is no Pulumi.yaml in ${directory}`);
  const yaml: ProjectFile = readMap(file);
  if (typeof yaml.name !== "string")
    throw problem(`Pulumi.yaml: name: must be a text, got ${JSON.stringify(yaml.name)}`);
  const runtime = typeof yaml.runtime === "string" ? { name: yaml.runtime } : yaml.runtime;
  if (runtime?.name !== "nodejs") throw problem(`Pulumi.yaml: runtime: must be nodejs, got '${runtime?.name}'`);
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

/** The script of Pulumi's SDK that runs the program, as the project has it. @throws where its packages are not installed */
export function programRunner({ directory }: Project): string {
  try {
    return createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch {
    throw new Error(
      `${directory}: there is no @pulumi/pulumi for the program to run with. Install its packages: npm ci`,
    );
  }
}

/**
 * What the local Azure sets where a stack's files say nothing: all of it is gone when it ends, so nothing on it is worth
 * protecting, and a stack deployed there can be destroyed at once.
 */
const localDefaults = { deletionProtection: "false" };

/** Configuration of a stack as Pulumi hands it to a program, `project:key` -> text; `overrides` win. */
export function readConfig(
  project: Project,
  stack: string,
  overrides: Readonly<Record<string, string>>,
): Record<string, string> {
  const file = (name: string): string => join(project.directory, `Pulumi.${name}.yaml`);
  if (!existsSync(file(stack))) {
    const names = readdirSync(project.directory).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
    throw problem(`no stack '${stack}'. There are: ${names.sort().join(", ") || "none"}`);
  }
  const qualify = (key: string): string => (key.includes(":") ? key : `${project.name}:${key}`);
  const text = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const declared = (name: string): Record<string, unknown> =>
    asMap(`${name}: config`, readMap(join(project.directory, name)).config);
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(localDefaults)) config[qualify(key)] = value;
  for (const [key, value] of Object.entries(declared("Pulumi.yaml"))) {
    const given = typeof value === "object" && value !== null ? value : { default: value };
    const found = (given as Record<string, unknown>).value ?? (given as Record<string, unknown>).default;
    if (found !== undefined) config[qualify(key)] = text(found);
  }
  for (const [key, value] of Object.entries(declared(`Pulumi.${stack}.yaml`))) {
    if (typeof value === "object" && value !== null && "secure" in value) {
      throw problem(
        `Pulumi.${stack}.yaml: ${key} is encrypted for Pulumi's own CLI; for a local run give it by -c ${key}=@FILE`,
      );
    }
    config[qualify(key)] = text(value);
  }
  for (const [key, value] of Object.entries(overrides)) config[qualify(key)] = value;
  return config;
}

/** What may be shown: a setting given for one run may be a secret, whatever its name. */
export function shownConfig(
  config: Record<string, string>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const hidden = (key: string): boolean => Object.keys(given).some((name) => key === name || key.endsWith(`:${name}`));
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, hidden(key) ? "[secret]" : value]));
}
