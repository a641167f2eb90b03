import { describe, expect, test } from "vitest";
import {
  type ErrorHook,
  type HookedOperation,
  type Hooks,
  retrying,
  runBefore,
} from "../../../src/pulumi/engine/hooks.ts";
import { PartialFailure } from "../../../src/pulumi/protocol/provider.ts";

const call = { urn: "urn:pulumi:s::p::t::n", id: "id", name: "n", type: "t" };

/** Returns work that fails with each of these errors in turn and then succeeds. */
function scene(failures: readonly Error[], onError: Readonly<Record<string, ErrorHook>> = {}) {
  const left = [...failures];
  const warnings: string[] = [];
  const hooks: Hooks = { before: new Map(), onError: new Map(Object.entries(onError)) };
  const run = (names: readonly string[], failedOperation: HookedOperation = "update") =>
    retrying(
      hooks,
      names,
      { ...call, failedOperation },
      (line) => warnings.push(line),
      async () => {
        const failure = left.shift();
        if (failure !== undefined) throw failure;
        return "done";
      },
    );
  return { run, warnings, left };
}

const failure = (reason: string) => new PartialFailure(reason, { id: "id", inputs: {}, outputs: {} });

describe("error hooks", () => {
  test("are called after each failure, with all errors so far, newest first", async () => {
    const asked: unknown[] = [];
    const again: ErrorHook = async ({ failedOperation, errors }) => asked.push([failedOperation, ...errors]) > 0;
    const { run, warnings } = scene([new Error("one"), new Error("two")], { again });
    expect(await run(["again"], "create")).toBe("done");
    expect(asked).toEqual([
      ["create", "one"],
      ["create", "two", "one"],
    ]);
    expect(warnings).toEqual([
      "retrying create due to on-error hook request (1/100)",
      "retrying create due to on-error hook request (2/100)",
    ]);
  });
  test("are all called; one that asks for a retry is enough", async () => {
    const asked: string[] = [];
    const answer =
      (name: string, again: boolean): ErrorHook =>
      async () => {
        asked.push(name);
        return again;
      };
    const hooks = { yes: answer("yes", true), no: answer("no", false) };
    expect(await scene([new Error("one")], hooks).run(["yes", "no"])).toBe("done");
    expect(asked).toEqual(["yes", "no"]);
    await expect(scene([new Error("one")], hooks).run(["no"])).rejects.toThrow("one");
  });
  test("without a hook, the step fails", async () => {
    await expect(scene([new Error("one")]).run([])).rejects.toThrow("one");
  });
  test("can ask for at most 100 attempts", async () => {
    const { run, warnings, left } = scene(Array(200).fill(new Error("still")), { again: async () => true });
    await expect(run(["again"])).rejects.toThrow("still");
    expect(left).toHaveLength(100);
    expect(warnings.at(-1)).toBe("maximum number of error hook retries (100) reached");
  });
  test("that fail or are not registered replace the error of a create or update that left nothing behind", async () => {
    const broken = async () => Promise.reject(new Error("no idea"));
    const words = "error hooks execution failed: error hook";
    await expect(scene([new Error("one")], { broken }).run(["broken"])).rejects.toThrow(
      `${words} "broken" failed: no idea`,
    );
    await expect(scene([new Error("one")]).run(["gone"])).rejects.toThrow(`${words} "gone" was not registered`);
  });
  test("that are not registered do not replace the error of a partial failure or a delete", async () => {
    await expect(scene([failure("crashed")]).run(["gone"])).rejects.toMatchObject({ reason: "crashed" });
    await expect(scene([new Error("busy")]).run(["gone"], "delete")).rejects.toThrow(/^busy$/);
  });
});

describe("before hooks", () => {
  const ran: string[] = [];
  const hook = (onDryRun: boolean, ignoreErrors: boolean, error?: string) => ({
    onDryRun,
    ignoreErrors,
    run: async ({ name }: { name: string }) => {
      ran.push(name);
      if (error !== undefined) throw new Error(error);
    },
  });
  const refusedBy = (hooks: Record<string, ReturnType<typeof hook>>, preview = false) => {
    const warnings: string[] = [];
    const known: Hooks = { before: new Map(Object.entries(hooks)), onError: new Map() };
    const done = runBefore(known, Object.keys(hooks), call, preview, (line) => warnings.push(line));
    return done.then(() => warnings);
  };
  test("refuse a step in Pulumi's wording, or only warn", async () => {
    await expect(refusedBy({ guard: hook(false, false, "not now") })).rejects.toThrow(
      'before hook "guard" failed: not now',
    );
    expect(await refusedBy({ guard: hook(false, true, "not now") })).toEqual(['before hook "guard" failed: not now']);
  });
  test("run in a preview only with onDryRun", async () => {
    ran.length = 0;
    await refusedBy({ guard: hook(false, false, "not now") }, true);
    expect(ran).toEqual([]);
    await expect(refusedBy({ guard: hook(true, false, "not now") }, true)).rejects.toThrow("not now");
    expect(ran).toEqual(["n"]);
  });
  test("that the program has not registered are an error", async () => {
    const none: Hooks = { before: new Map(), onError: new Map() };
    await expect(runBefore(none, ["guard"], call, false, () => {})).rejects.toThrow('hook "guard" was not registered');
  });
});
