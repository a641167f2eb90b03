import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { containsSecret, type Properties, reveal, secret } from "../../../src/pulumi/protocol/values.ts";
import { commandProvider } from "../../../src/pulumi/providers/command.ts";

const urn = "urn:pulumi:test::project::command:local:Command::name";
const provider = commandProvider({ PATH: process.env.PATH, FROM_OUTSIDE: "outside" }, process.cwd());
const create = (inputs: Properties, timeout = 0) => provider.create({ urn, inputs, preview: false, timeout });
const failure = (inputs: Properties, timeout = 0): Promise<string> =>
  create(inputs, timeout).then(
    () => "no failure",
    (error: Error) => error.message,
  );

describe("command:local:Command", () => {
  test("runs with /bin/sh -c, in the given environment and folder, with the given stdin; drops one final newline", async () => {
    await using folder = await temporaryDirectory();
    const line = 'cat; pwd; echo "$FROM_OUTSIDE $OWN" >&2';
    const { id, outputs } = await create({
      create: line,
      environment: { OWN: "own" },
      stdin: "in\n",
      dir: folder.path,
    });
    expect(id).toMatch(/^name[0-9a-f]{8}$/);
    expect(outputs).toMatchObject({ stdout: `in\n${folder.path}`, stderr: "outside own" });
  });
  test("passes the command to an interpreter as its last argument", async () => {
    const { outputs } = await create({ create: 'say "$1"', interpreter: ["/bin/sh", "-c", "echo $0"] });
    expect(outputs.stdout).toBe('say "$1"');
  });
  test("fails in the real provider's wording, with the command's whole output", async () => {
    expect(await failure({ create: "echo one; echo two >&2; exit 3" })).toBe(
      'exit status 3: running "echo one; echo two >&2; exit 3":\none\ntwo\n',
    );
  });
  test("the error of a command that a signal or its timeout ended names the signal", async () => {
    expect(await failure({ create: "kill -9 $$" })).toMatch(/^signal: killed: running "kill -9 \$\$":/);
    expect(await failure({ create: "sleep 30" }, 0.2)).toMatch(/^signal: terminated: running/);
  });
  test("an update runs `update`, or else `create`, with the last outputs; a delete without a command runs nothing", async () => {
    const known = { urn, id: "x", inputs: {}, outputs: { stdout: "before", stderr: "" }, preview: false, timeout: 0 };
    const line = 'echo "$PULUMI_COMMAND_STDOUT"';
    expect(await provider.update({ ...known, news: { create: "exit 1", update: line } })).toMatchObject({
      stdout: "before",
    });
    expect(await provider.update({ ...known, news: { create: line } })).toMatchObject({ stdout: "before" });
    await provider.delete(known);
  });
  test("a delete runs its command", async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, "deleted");
    await provider.delete({ urn, id: "x", inputs: { delete: `echo gone > '${file}'` }, outputs: {}, timeout: 0 });
    expect(readFileSync(file, "utf8")).toBe("gone\n");
  });
  test("with a secret input, the outputs are secret, and an error shows no secret", async () => {
    const environment = { KEY: secret("a-value-to-hide") };
    const { outputs } = await create({ create: 'echo "$KEY"', environment });
    expect(containsSecret(outputs.stdout)).toBe(true);
    expect(reveal(outputs.stdout ?? "")).toBe("a-value-to-hide");
    expect(await failure({ create: 'echo "$KEY"; exit 1', environment })).toMatch(/:\n\[secret\]\n$/);
  });
  test("a preview runs nothing", async () => {
    const { outputs } = await provider.create({ urn, inputs: { create: "exit 1" }, preview: true, timeout: 0 });
    expect(outputs.create).toBe("exit 1");
  });
  test("refuses unsupported properties, types and functions by name", async () => {
    const news = { create: "true", archivePaths: ["*"], logging: "none" };
    const { failures } = await provider.check({ urn, news });
    expect(failures.map(({ property }) => property)).toEqual(["archivePaths", "logging"]);
    const other = { urn: urn.replace("Command", "Other"), news: {} };
    await expect(provider.check(other)).rejects.toThrow(
      "resource type 'command:local:Other', only command:local:Command",
    );
    await expect(provider.invoke("command:local:run", {})).rejects.toThrow("function 'command:local:run'");
  });
  test("a change of triggers requires a replacement, any other change does not", async () => {
    const at = { urn, id: "x", outputs: {}, inputs: { create: "a", triggers: ["1"] } };
    expect(await provider.diff({ ...at, news: { create: "a", triggers: ["2"] } })).toMatchObject({
      changes: { "triggers[0]": "update-replace" },
    });
    expect(await provider.diff({ ...at, news: { create: "b", triggers: ["1"] } })).toMatchObject({
      changes: { create: "update" },
    });
    expect(await provider.diff({ ...at, news: at.inputs })).toEqual({ changes: {}, deleteBeforeReplace: false });
  });
});
