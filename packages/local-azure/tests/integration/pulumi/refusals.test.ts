import { cp, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { nameOf } from "../../../src/pulumi/protocol/provider.ts";
import { runStack } from "../../../src/pulumi/run/runStack.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..", "..");
const head = `
import * as pulumi from "@pulumi/pulumi";
import * as local from "@pulumi/command/local/index.js";
import * as resources from "@pulumi/azure-native/resources/index.js";
`;

/** Runs a program with these lines and then, if given, one with the others. Neither needs a local Azure. */
async function run(lines: string, then?: string, config: Readonly<Record<string, string>> = {}) {
  await using folder = await temporaryDirectory();
  const small = join(root, "tests", "support", "pulumi", "programs", "small");
  for (const name of ["Pulumi.yaml", "Pulumi.test.yaml"]) await cp(join(small, name), join(folder.path, name));
  await symlink(join(root, "node_modules"), join(folder.path, "node_modules"));
  await writeFile(join(folder.path, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder.path, "index.ts"), head + lines);
  const stateDirectory = join(folder.path, "state");
  const at = { projectDirectory: folder.path, stack: "test", stateDirectory, environment: process.env, config };
  let result = await runStack({ mode: "up", ...at });
  if (then !== undefined) {
    await writeFile(join(folder.path, "index.ts"), head + then);
    result = await runStack({ mode: "up", ...at });
  }
  return result;
}

const messages = async (lines: string): Promise<string[]> => (await run(lines)).errors.map(({ message }) => message);

describe("the engine refuses what it does not support, by name", () => {
  test.skipIf(process.platform !== "linux")("says that settings of 128 KiB are too long for a program", async () => {
    await expect(run("", undefined, { large: "x".repeat(131_072) })).rejects.toThrow(
      "the program can't start, because the stack's settings are too long: Linux allows 128 KiB",
    );
  });
  test("names all unsupported options of a resource at once", async () => {
    const [message, ...more] = await messages(
      'new local.Command("c", { create: "true" }, { import: "x", aliases: [{ name: "old" }] });',
    );
    expect(more).toEqual([]);
    expect(message).toBe("command:local:Command 'c': not supported by the built-in engine: import, aliases");
  });
  test("refuses options that would keep, hide or replace a resource", async () => {
    const options = ["additionalSecretOutputs: ['stdout']", "deleteBeforeReplace: false, retainOnDelete: true"].join();
    expect(await messages(`new local.Command("c", { create: "true" }, { ${options} });`)).toEqual([
      "command:local:Command 'c': not supported by the built-in engine: additionalSecretOutputs, deleteBeforeReplace, retainOnDelete",
    ]);
  });
  test("refuses hooks that it does not call, and hooks of a component", async () => {
    const hook = 'const hooks = { afterUpdate: [new pulumi.ResourceHook("h", () => {})] };';
    expect(await messages(`${hook} new local.Command("c", { create: "true" }, { hooks });`)).toEqual([
      "command:local:Command 'c': not supported by the built-in engine: hooks other than BeforeCreate, BeforeUpdate, OnError",
    ]);
    expect(await messages(`${hook} new pulumi.ComponentResource("my:own:Part", "p", {}, { hooks });`)).toEqual([
      "my:own:Part 'p': not supported by the built-in engine: hooks of a component",
    ]);
  });
  test("refuses transforms", async () => {
    const options = "{ transforms: [() => undefined] }";
    const said = await messages(`new local.Command("c", { create: "true" }, ${options});`);
    expect(said.join("\n")).toMatch(/does not support transforms/);
  });
  test("refuses an explicit provider", async () => {
    const lines = 'import * as azure from "@pulumi/azure-native/provider.js"; new azure.Provider("p", {});';
    expect((await messages(lines)).join("\n")).toMatch(
      /no provider for package 'pulumi'|not supported by the built-in engine/,
    );
  });
  test("refuses to read a resource by its id", async () => {
    const said = await messages('resources.ResourceGroup.get("g", "/subscriptions/s/resourceGroups/g");');
    expect(said.join("\n")).toContain("reading a resource by its id is not supported by the built-in engine");
  });
});

describe("errors of the program", () => {
  test("a RunError and a ResourceError show only their message; outputs and other resources are kept", async () => {
    const thrown = await run('throw new pulumi.RunError("wrong: x; try y");');
    expect(thrown).toMatchObject({ ok: false, errors: [{ message: "wrong: x; try y" }] });
    const late = await run(`
const made = new local.Command("c", { create: "echo made" });
export const seen = made.stdout;
export const checked = made.stdout.apply(() => { throw new pulumi.ResourceError("affinity is lost", made, true); });
`);
    expect(late.ok).toBe(false);
    expect(late.errors.map(({ message }) => message)).toEqual(["affinity is lost"]);
    expect(late.errors[0]?.urn).toContain("::c");
    expect(late.summary).toEqual({ create: 2 });
  });
});

describe("options of a resource", () => {
  test("changed triggers replace a command: it is created again, then the old one is deleted", async () => {
    const one = (value: string) => `new local.Command("t", { create: "true", triggers: ["${value}"] });`;
    const { steps } = await run(one("1"), one("2"));
    const changed = steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${nameOf(urn)}`);
    expect(changed).toEqual(["create-replacement t", "replace t", "delete-replaced t"]);
  });
});
