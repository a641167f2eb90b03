import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readAz, readLastLine, readRevision } from "../../src/component/verification/revisionReads.ts";
import {
  az,
  azIsThere,
  startTestAzure,
  type TestAzure,
  untilAzSaysReady,
  withoutAz,
} from "../support/azure/localAzure.ts";
import { temporaryDirectory } from "../support/temporaryDirectory.ts";

const cli = await azIsThere();
const gateway = join(import.meta.dirname, "..", "support", "mcp", "faultyGateway.mjs");

describe.skipIf(!cli)(`reads a revision with the real Azure CLI${withoutAz(cli)}`, () => {
  let azure: TestAzure;
  const own = ["--name", "app", "--resource-group", "rg"];
  const name = () => ({
    ...{ containerAppName: "app", resourceGroupName: "rg" },
    subscriptionId: azure.environment.ARM_SUBSCRIPTION_ID ?? "",
  });

  beforeAll(async () => {
    azure = await startTestAzure({ replicaCommand: `'${process.execPath}' '${gateway}' {port} {healthPort}` });
    for (const [key, value] of Object.entries(azure.environment)) if (key !== "PATH") vi.stubEnv(key, value);
    const group = ["--name", "rg", "--location", "eastus"];
    await az(azure, "group", "create", ...group);
    const environment = ["--name", "env", "--resource-group", "rg", "--logs-destination", "none"];
    await az(azure, "containerapp", "env", "create", ...environment);
    const image = ["--environment", "env", "--image", "example.invalid/a:1", "--min-replicas", "1"];
    await az(azure, "containerapp", "create", ...own, ...image, "--ingress", "external", "--target-port", "8080");
    await untilAzSaysReady(azure, own);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await azure?.[Symbol.asyncDispose]();
  });

  test("that is running", async () => {
    expect(await readRevision(name(), "app--0000001")).toEqual({
      ...{ provisioningState: "Provisioned", runningState: "Running", details: "" },
    });
    expect(await readLastLine(name(), "app--0000001", [])).toEqual({ kind: "line", text: "reading the configuration" });
    expect(await readLastLine(name(), "app--0000001", ["the configuration"])).toEqual({ kind: "withheld" });
  });

  test("whose replica crashes at start", async () => {
    await az(azure, "containerapp", "update", ...own, "--set-env-vars", "FAULT=crash");
    await expect
      .poll(() => readRevision(name(), "app--0000002"), { timeout: 60_000 })
      .toEqual({
        ...{ provisioningState: "Failed", runningState: "Failed", details: "1/1 Container crashing: app" },
      });
    expect(await readLastLine(name(), "app--0000002", [])).toEqual({
      kind: "line",
      text: "error: cannot open routes.yaml",
    });
  });

  test("that does not exist, or whose app does not exist: returns nothing, without an error", async () => {
    expect(await readRevision(name(), "app--none")).toBeUndefined();
    expect(await readLastLine({ ...name(), containerAppName: "none" }, "none--1", [])).toBeUndefined();
  });
});

describe("an Azure CLI that cannot answer", () => {
  test("times out", async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, "az"), "#!/bin/sh\nexec sleep 60\n");
    await chmod(join(folder.path, "az"), 0o755);
    vi.stubEnv("PATH", `${folder.path}:${process.env.PATH}`);
    const began = performance.now();
    expect(await readAz(["version"], 0.5)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(30_000);
    vi.unstubAllEnvs();
  });

  test("is not installed: returns nothing, without an error", async () => {
    await using folder = await temporaryDirectory();
    vi.stubEnv("PATH", folder.path);
    expect(await readAz(["version"], 10)).toBeUndefined();
    vi.unstubAllEnvs();
  });

  test("gets its arguments unchanged, not through a shell", async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, "az"), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
    await chmod(join(folder.path, "az"), 0o755);
    vi.stubEnv("PATH", `${folder.path}:${process.env.PATH}`);
    const odd = ["$(touch owned)", "`id`", "a b", '"; rm -rf x', "*"];
    expect(await readAz(odd, 10)).toBe(`${[...odd, "--only-show-errors"].join("\n")}\n`);
    vi.unstubAllEnvs();
  });
});
