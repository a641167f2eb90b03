import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

const problem = (message: string, code = 2): Error => Object.assign(new Error(message), { exitCode: code });

export function readProject(directory: string): Project {
  const file = join(directory, "Pulumi.yaml");
  if (!existsSync(file)) throw problem(`there is no Pulumi.yaml in ${directory}`);
  const yaml = parse(readFileSync(file, "utf8"));
  const runtime = typeof yaml.runtime === "string" ? { name: yaml.runtime } : yaml.runtime;
  if (runtime?.name !== "nodejs") throw problem(`Pulumi.yaml: runtime: must be nodejs, got '${runtime?.name}'`);
  return {
    directory,
    name: String(yaml.name),
    main: yaml.main ?? ".",
    nodeArgs: String(runtime.options?.nodeargs ?? "")
      .split(" ")
      .filter(Boolean),
    typescript: runtime.options?.typescript ?? true,
    refresh: yaml.options?.refresh === "always",
  };
}

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
  const defaults = parse(readFileSync(join(project.directory, "Pulumi.yaml"), "utf8")).config ?? {};
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries<unknown>(defaults)) {
    const given = typeof value === "object" && value !== null ? value : { default: value };
    const found = (given as Record<string, unknown>).value ?? (given as Record<string, unknown>).default;
    if (found !== undefined) config[qualify(key)] = text(found);
  }
  for (const [key, value] of Object.entries<unknown>(parse(readFileSync(file(stack), "utf8"))?.config ?? {})) {
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
