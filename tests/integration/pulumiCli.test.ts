import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/temporaryDirectory.ts";

const module = pathToFileURL("tests/support/pulumi/pulumiCli.ts").href;
const print = `import { pulumiIsThere, withoutPulumi } from ${JSON.stringify(module)}; console.log(pulumiIsThere, withoutPulumi)`;

/** Loads the checks for Pulumi with an empty PATH. */
async function load(env: NodeJS.ProcessEnv): Promise<{ failed: boolean; said: string }> {
  await using empty = await temporaryDirectory();
  const settings = { env: { ...process.env, PATH: empty.path, ...env } };
  return await new Promise((resolve) =>
    execFile(process.execPath, ["--input-type=module", "--eval", print], settings, (error, stdout, stderr) =>
      resolve({ failed: error !== null, said: stdout + stderr }),
    ),
  );
}

test("tests that need Pulumi are skipped without it, with the reason in the title", async () => {
  const said = "false  (skipped: no pulumi on the PATH)\n";
  expect(await load({ REQUIRE_PULUMI: "" })).toEqual({ failed: false, said });
});

test("with REQUIRE_PULUMI=1 they fail instead, also if only the command provider is missing", async () => {
  const { failed, said } = await load({ REQUIRE_PULUMI: "1" });
  expect(failed).toBe(true);
  expect(said).toContain("REQUIRE_PULUMI=1, but the PATH has no pulumi and no pulumi-resource-command");
});
