import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { programRunner, readConfig, readProject } from "../../../src/pulumi/project/project.ts";

const project = "name: small\nruntime: nodejs\n";

/** Returns the error for a project with these files. `s3cret` in a file must not appear in a message. */
async function refusal(
  files: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, string>> = {},
): Promise<{ message: string; exitCode?: number }> {
  await using folder = await temporaryDirectory();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
  try {
    readConfig(readProject(folder.path), "dev", overrides);
  } catch (error) {
    return error as Error;
  }
  return { message: "" };
}

test.each<[string, Record<string, string>, string]>([
  ["no runtime", { "Pulumi.yaml": "name: small" }, "Pulumi.yaml: runtime: must be nodejs, got undefined"],
  ["an empty file", { "Pulumi.yaml": "" }, "Pulumi.yaml: name: must be a string, got undefined"],
  ["a list", { "Pulumi.yaml": "- name: small" }, "Pulumi.yaml: must be a mapping of keys to values, got a list"],
  [
    "a string",
    { "Pulumi.yaml": project, "Pulumi.dev.yaml": "s3cret" },
    "Pulumi.dev.yaml: must be a mapping of keys to values, got a string",
  ],
  [
    "invalid YAML",
    { "Pulumi.yaml": project, "Pulumi.dev.yaml": "config:\n  small:key: [s3cret" },
    "Pulumi.dev.yaml: cannot be read: Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 21",
  ],
  [
    "config as a list",
    { "Pulumi.yaml": project, "Pulumi.dev.yaml": "config: [s3cret]" },
    "Pulumi.dev.yaml: config: must be a mapping of keys to values, got a list",
  ],
  [
    "an encrypted value",
    { "Pulumi.yaml": project, "Pulumi.dev.yaml": "config: { small:key: { secure: s3cret } }" },
    "Pulumi.dev.yaml: small:key is encrypted, and only Pulumi's CLI can decrypt it. For this run, pass its value: -c small:key=@FILE",
  ],
  ["no such stack", { "Pulumi.yaml": project, "Pulumi.prod.yaml": "" }, "no stack 'dev'. Available stacks: prod"],
])("%s: exit code 2, and a message with the place but without the file's text", async (_, files, message) => {
  const { message: said, exitCode } = await refusal(files);
  expect({ said, exitCode }).toEqual({ said: message, exitCode: 2 });
});

test.each(["small:key", "key"])("an encrypted value that -c %s overrides is no error", async (key) => {
  const files = { "Pulumi.yaml": project, "Pulumi.dev.yaml": "config: { small:key: { secure: s3cret } }" };
  expect(await refusal(files, { [key]: "plain" })).toEqual({ message: "" });
});

test("an empty stack file sets nothing", async () => {
  expect(await refusal({ "Pulumi.yaml": project, "Pulumi.dev.yaml": "" })).toEqual({ message: "" });
});

test("an error about missing packages says how to install them", async () => {
  await using folder = await temporaryDirectory();
  for (const name of ["Pulumi.yaml", "package.json"]) await cp(name, join(folder.path, name));
  const found = readProject(folder.path);
  expect(() => programRunner(found)).toThrow(`@pulumi/pulumi is not installed in ${folder.path}`);
  expect(() => programRunner(found)).toThrow("npm ci");
});
