import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ArmStandIn, startArmStandIn } from "../../../../../tests/support/azure/armStandIn.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { digest, summaryLine } from "../../../../agw/src/engines/display.ts";
import { nameOf } from "../../../src/pulumi/protocol/provider.ts";
import { reveal, unknown } from "../../../src/pulumi/protocol/values.ts";
import { type RunOptions, type RunResult, runStack } from "../../../src/pulumi/run/runStack.ts";

const projectDirectory = join(
  import.meta.dirname,
  "..",
  "..",
  "..",
  "..",
  "..",
  "tests",
  "support",
  "pulumi",
  "programs",
  "small",
);
type Config = Record<string, string>;

/** Prepares an ARM stand-in, an empty state, and the small program to run with them. */
async function stage() {
  const folder = await temporaryDirectory();
  const arm = await startArmStandIn();
  const common = { projectDirectory, stack: "test", stateDirectory: folder.path };
  const run = (mode: RunOptions["mode"], config: Config = {}, more: Partial<RunOptions> = {}) =>
    runStack({ mode, config, environment: arm.environment, ...common, ...more });
  const dispose = async () => {
    await arm[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { arm, run, folder: folder.path, [Symbol.asyncDispose]: dispose };
}

const stepsOf = ({ steps }: RunResult): string[] =>
  steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${nameOf(urn)}`);
const writes = ({ requests }: ArmStandIn): string[] =>
  requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);

describe("an unmodified program in its own process", () => {
  test("is previewed, created, unchanged, updated, corrected after drift, replaced and destroyed", async () => {
    await using at = await stage();
    const { arm, run } = at;

    const preview = await run("preview");
    expect(preview).toMatchObject({ ok: true, summary: { create: 6 }, outputs: { url: unknown } });
    expect(writes(arm)).toEqual([]);

    const created = await run("up");
    expect(created).toMatchObject({
      ok: true,
      summary: { create: 6 },
      outputs: { url: "https://127.0.0.1:1" },
      errors: [],
    });
    expect(reveal(created.outputs.hidden ?? "")).toBe("an-example-of-a-hidden-output");
    expect(writes(arm)).toEqual(["PUT small-rg", "PUT small-env", "PUT small-app"]);
    expect(readFileSync(join(at.folder, "small", "test.json"), "utf8")).not.toContain("an-example-of-a");

    arm.requests.length = 0;
    expect(stepsOf(await run("up"))).toEqual([]);
    expect(writes(arm)).toEqual([]);

    const toggled = await run("up", { affinity: "none" });
    expect(stepsOf(toggled)).toEqual(["update app", "update affinity"]);
    expect(toggled.steps.find(({ urn }) => nameOf(urn) === "app")?.diff?.changes).toEqual({
      "configuration.ingress.stickySessions.affinity": "update",
    });

    const app = [...arm.resources.values()].at(-1) as { properties: { configuration: { ingress: object } } };
    Object.assign(app.properties.configuration.ingress, { stickySessions: { affinity: "sticky" } });
    expect(stepsOf(await run("up", { affinity: "none" }, { refresh: false }))).toEqual([]);
    expect(stepsOf(await run("up", { affinity: "none" }, { refresh: true }))).toEqual(["refresh app", "update app"]);

    arm.requests.length = 0;
    const moved = await run("up", { affinity: "none", location: "northeurope" });
    expect(stepsOf(moved).slice(0, 5)).toEqual([
      ...["delete-replaced app", "delete-replaced env", "delete-replaced group", "create-replacement group"],
      "replace group",
    ]);
    expect(writes(arm)).toEqual([
      ...["DELETE small-app", "DELETE small-env", "DELETE small-rg"],
      ...["PUT small-rg", "PUT small-env", "PUT small-app"],
    ]);

    const destroyed = await run("destroy");
    expect(stepsOf(destroyed).slice(0, 4)).toEqual(["delete affinity", "delete app", "delete env", "delete group"]);
    expect(arm.resources.size).toBe(0);
    expect(stepsOf(await run("destroy"))).toEqual([]);
  });

  test("a failed replacement is not counted, and the next run creates what is missing", async () => {
    await using at = await stage();
    await at.run("up");
    at.arm.intercept = ({ method, path }) =>
      method === "PUT" && path.endsWith("small-rg")
        ? { status: 400, body: { error: { code: "LocationNotAvailable", message: "No such region." } } }
        : undefined;
    const failed = await at.run("up", { location: "nowhere" });
    expect(stepsOf(failed)).toEqual(["delete-replaced app", "delete-replaced env", "delete-replaced group"]);
    expect(failed.summary).toEqual({ same: 2 });
    expect(summaryLine(failed, false)).toBe("1 failed");
    at.arm.intercept = () => undefined;
    const next = await at.run("up", { location: "northeurope" });
    expect(next.summary).toMatchObject({ create: 3 });
  });

  test("waits for long-running operations before it continues", async () => {
    await using at = await stage();
    at.arm.polls = 3;
    expect(await at.run("up")).toMatchObject({ ok: true });
    const environment = at.arm.requests.findIndex(({ method, path }) => method === "PUT" && path.endsWith("small-env"));
    const app = at.arm.requests.findIndex(({ method, path }) => method === "PUT" && path.endsWith("small-app"));
    expect(environment).toBeLessThan(app);
  });

  test("refuses to create a resource that already exists, and leaves it unchanged", async () => {
    await using at = await stage();
    const id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/small-rg";
    at.arm.resources.set(id.toLowerCase(), { id, location: "eastus" });
    for (const _ of ["first", "again"]) {
      const result = await at.run("up");
      expect(result.ok).toBe(false);
      expect(result.errors.map(({ message }) => message)).toEqual([`cannot create already existing resource '${id}'`]);
    }
    await at.run("destroy");
    expect(at.arm.resources.size).toBe(1);
  });

  test("reports only the step that failed, keeps what was created, and continues in the next run", async () => {
    await using at = await stage();
    const failed = await at.run("up", { command: "echo broken; exit 4" });
    expect(failed.ok).toBe(false);
    expect(failed.messages).toHaveLength(1);
    expect(failed.errors[0]?.message).toBe('exit status 4: running "echo broken; exit 4":\nbroken\n');
    expect(stepsOf(await at.run("up"))).toEqual(["create affinity"]);
  });

  test("shows an error of the control plane in Azure's wording, and retries the failed create in the next run", async () => {
    await using at = await stage();
    at.arm.intercept = ({ method, path }) =>
      method === "PUT" && path.endsWith("small-app")
        ? { status: 400, body: { error: { code: "InvalidTemplate", message: "The image is missing." } } }
        : undefined;
    const failed = await at.run("up");
    expect(failed.errors[0]?.message).toBe('Status=400 Code="InvalidTemplate" Message="The image is missing."');
    at.arm.intercept = () => undefined;
    expect(stepsOf(await at.run("up"))).toEqual(["create app", "create affinity"]);
  });
});

test("preview --json has the shape of Pulumi's: refresh with the recorded affinity, then update with the live one", async () => {
  await using at = await stage();
  await at.run("up");
  const app = [...at.arm.resources.values()].at(-1) as { properties: { configuration: { ingress: object } } };
  Object.assign(app.properties.configuration.ingress, { stickySessions: { affinity: "none" } });
  const document = JSON.parse(JSON.stringify(digest(await at.run("preview", {}, { refresh: true }))));
  expect(document).toMatchObject({
    config: { "small:affinity": "sticky" },
    diagnostics: [],
    changeSummary: { update: 1 },
  });
  const steps = document.steps.filter((step: { urn: string }) => nameOf(step.urn) === "app");
  expect(steps.map(({ op }: { op: string }) => op)).toEqual(["refresh", "update"]);
  const affinity = (state: { inputs: { configuration: { ingress: { stickySessions: unknown } } } }) =>
    state.inputs.configuration.ingress.stickySessions;
  expect(affinity(steps[0].oldState)).toEqual({ affinity: "sticky" });
  expect(affinity(steps[1].oldState)).toEqual({ affinity: "none" });
  expect(affinity(steps[1].newState)).toEqual({ affinity: "sticky" });
  expect(steps[1].detailedDiff).toEqual({
    "configuration.ingress.stickySessions.affinity": { kind: "update", inputDiff: true },
  });
  expect(JSON.stringify(document)).not.toContain("an-example-of-a");
});
