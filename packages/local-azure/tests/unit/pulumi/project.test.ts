import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { programRunner, readConfig, readProject } from "../../../src/pulumi/project/project.ts";

const project = "name: small\nruntime: nodejs\n";

/** What is said of a project with these files; the secret stands for whatever a file may hold. */
async function refusal(files: Readonly<Record<string, string>>): Promise<{ message: string; exitCode?: number }> {
  await using folder = await temporaryDirectory();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
  try {
    readConfig(readProject(folder.path), "dev", {});
  } catch (error) {
    return error as Error;
  }
  return { message: "" };
}

test.each<[string, Record<string, string>, string]>([
  ["no runtime", { "Pulumi.yaml": "name: small" }, "Pulumi.yaml: runtime: must be nodejs, got 'undefined'"],
  ["an empty one", { "Pulumi.yaml": "" }, "Pulumi.yaml: name: must be a text, got undefined"],
  ["a list", { "Pulumi.yaml": "- name: small" }, "Pulumi.yaml: must be a map of keys, and is a list"],
  [
    "a text",
    { "Pulumi.yaml": project, "Pulumi.dev.yaml": "s3cret" },
    "Pulumi.dev.yaml: must be a map of keys, and is a string",
  ],
  [
    "no YAML",
    { "Pulumi.yaml": project, "Pulumi.dev.yaml": "config:\n  small:key: [s3cret" },
    "Pulumi.dev.yaml: cannot be read: Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 21",
  ],
  [
    "settings that are no map",
    { "Pulumi.yaml": project, "Pulumi.dev.yaml": "config: [s3cret]" },
    "Pulumi.dev.yaml: config: must be a map of keys, and is a list",
  ],
])(
  "a project file that is %s is named, with the place and nothing else of it, as wrong usage",
  async (_, files, message) => {
    const { message: said, exitCode } = await refusal(files);
    expect({ said, exitCode }).toEqual({ said: message, exitCode: 2 });
  },
);

test("an empty stack file has no settings", async () => {
  expect(await refusal({ "Pulumi.yaml": project, "Pulumi.dev.yaml": "" })).toEqual({ message: "" });
});

test("a program whose packages are not installed: how to install them", async () => {
  await using folder = await temporaryDirectory();
  for (const name of ["Pulumi.yaml", "package.json"]) await cp(name, join(folder.path, name));
  const found = readProject(folder.path);
  expect(() => programRunner(found)).toThrow(`${folder.path}: there is no @pulumi/pulumi for the program to run with`);
  expect(() => programRunner(found)).toThrow("npm ci");
});
