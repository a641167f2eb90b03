import { readdirSync } from "node:fs";
import { join } from "node:path";
import { runStack } from "agentgateway-local-azure/pulumi";
import { describe, expect, test } from "vitest";
import { azIsThere, startTestAzure, withoutAz } from "../support/azure/localAzure.ts";
import { earlierState } from "../support/pulumi/earlierState.ts";
import { pulumiIsThere, withoutPulumi } from "../support/pulumi/pulumiCli.ts";
import { startRealPulumi } from "../support/pulumi/realPulumi.ts";
import { temporaryDirectory } from "../support/temporaryDirectory.ts";

const states = join(import.meta.dirname, "..", "support", "pulumi", "states");
const releases = readdirSync(states, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);
const withAz = await azIsThere();

/** Steps that must not happen to a live resource: create, delete, replace and the parts of a replacement. */
const harmful = (op: string): boolean => !["same", "update", "refresh", "read"].includes(op);

describe.each(releases)("a state written by release %s", (release) => {
  test.skipIf(!withAz)(
    `is taken over on the local engine: up creates, deletes and replaces nothing, and the next one changes nothing${withoutAz(withAz)}`,
    async () => {
      await using folder = await temporaryDirectory();
      await using azure = await startTestAzure();
      const { config, deploy, layEmbedded } = await earlierState(release);
      await deploy(azure);
      await layEmbedded(folder.path);
      const environment = { ...process.env, ...azure.environment, PATH: process.env.PATH };
      const at = { projectDirectory: process.cwd(), stack: "prod", stateDirectory: folder.path, environment, config };
      for (const mode of ["preview", "up"] as const) {
        const { errors, steps } = await runStack({ mode, ...at });
        expect(errors).toEqual([]);
        expect(steps.filter(({ op }) => harmful(op)).map(({ op, urn }) => `${op} ${urn}`)).toEqual([]);
      }
      const { summary } = await runStack({ mode: "up", ...at });
      expect(Object.keys(summary)).toEqual(["same"]);
    },
  );

  test.skipIf(!withAz)(
    `knows its own secrets by the state, before any tag records them: one can be removed in the same update${withoutAz(withAz)}`,
    async () => {
      await using folder = await temporaryDirectory();
      await using azure = await startTestAzure();
      const { config, deploy, layEmbedded } = await earlierState(release);
      await deploy(azure);
      await layEmbedded(folder.path);
      const environment = { ...process.env, ...azure.environment, PATH: process.env.PATH };
      const { secretEnv: _removed, ...rest } = config;
      const at = { projectDirectory: process.cwd(), stack: "prod", stateDirectory: folder.path, environment };
      expect(await runStack({ mode: "up", ...at, config: rest })).toMatchObject({ ok: true, errors: [] });
    },
  );

  test.skipIf(!pulumiIsThere || !withAz)(
    `is taken over on Pulumi's own engine: up creates, deletes and replaces nothing, and the next one changes nothing${withoutPulumi || withoutAz(withAz)}`,
    async () => {
      await using azure = await startTestAzure();
      const { config, secrets, passphrase, pulumiState, deploy } = await earlierState(release);
      await deploy(azure);
      await using pulumi = await startRealPulumi(azure, "prod", passphrase);
      const run = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await pulumi.run(...args, "--stack", "prod");
        expect(code, stderr + stdout).toBe(0);
        return stdout;
      };
      for (const [key, value] of Object.entries(config)) {
        await run("config", "set", ...(secrets.includes(key) ? ["--secret"] : []), key, value);
      }
      await run("stack", "import", "--file", pulumiState);
      const { steps } = JSON.parse(await run("preview", "--json")) as { steps: { op: string; urn: string }[] };
      expect(steps.filter(({ op }) => harmful(op)).map(({ op, urn }) => `${op} ${urn}`)).toEqual([]);
      await run("up", "--yes", "--skip-preview");
      expect(await run("preview", "--expect-no-changes")).toContain("unchanged");
    },
  );
});
