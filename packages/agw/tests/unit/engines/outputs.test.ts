import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { readStackOutputs } from "../../../src/engines/outputs.ts";

const stack = (outputs: object) => [{ type: "pulumi:pulumi:Stack", outputs }];
const engines = {
  embedded: {
    file: "state/agentgateway/prod.json",
    state: (outputs: object) => ({ deployment: { resources: stack(outputs) } }),
    update: "npx agw up --stack prod",
  },
  pulumi: {
    file: "pulumi/backend/.pulumi/stacks/agentgateway/prod.json",
    state: (outputs: object) => ({ checkpoint: { latest: { resources: stack(outputs) } } }),
    update: "npx agw up --stack prod --engine pulumi",
  },
};
type Engine = keyof typeof engines;
const names = (engine: Engine) => ({ containerAppName: `by-${engine}`, resourceGroupName: "group" });

/** Reads the outputs after these engines wrote their state in this order. */
async function readAfter(written: readonly [Engine, outputs: object][], stack = "prod") {
  await using folder = await temporaryDirectory();
  for (const [index, [engine, outputs]] of written.entries()) {
    const file = join(folder.path, engines[engine].file);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(engines[engine].state(outputs)));
    await utimes(file, 1000 + index, 1000 + index);
  }
  // Awaited, because the folder is removed when this function returns.
  return await readStackOutputs(stack, {
    env: { AGW_LOCAL: folder.path },
    signal: new AbortController().signal,
    local: true,
  });
}

describe("the outputs of a stack on the local Azure come from the engine that deployed it last", () => {
  test.each<[Engine, Engine]>([
    ["embedded", "pulumi"],
    ["pulumi", "embedded"],
  ])("first %s, then %s", async (first, last) => {
    const read = await readAfter([
      [first, names(first)],
      [last, names(last)],
    ]);
    expect(read).toMatchObject({ kind: "read", containerAppName: `by-${last}`, update: engines[last].update });
  });

  test("a stack that one engine destroyed later is still found if the other deployed it", async () => {
    const read = await readAfter([
      ["embedded", names("embedded")],
      ["pulumi", {}],
    ]);
    expect(read).toMatchObject({ kind: "read", containerAppName: "by-embedded" });
  });

  test("a stack that is not deployed: the fix is agw up", async () => {
    const update = "npx agw up --stack prod";
    expect(await readAfter([])).toMatchObject({ kind: "unread", update, try: expect.stringContaining(update) });
  });

  test("a stack without a Pulumi.STACK.yaml: names the stacks that exist, and never agw up, which would refuse it", async () => {
    const read = await readAfter([], "nope");
    expect(read).toMatchObject({ kind: "unread", try: "npx agw doctor --name N --resource-group G" });
    expect(read).toMatchObject({ found: expect.stringMatching(/^no stack 'nope' in .*; stacks: dev, prod, staging$/) });
  });
});
