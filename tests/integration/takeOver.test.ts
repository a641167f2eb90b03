import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runStack } from "agentgateway-local-azure/pulumi";
import { expect, test } from "vitest";
import { az, azIsThere, startTestAzure, withoutAz } from "../support/azure/localAzure.ts";
import { pulumiIsThere, withoutPulumi } from "../support/pulumi/pulumiCli.ts";
import { startRealPulumi } from "../support/pulumi/realPulumi.ts";
import { temporaryDirectory } from "../support/temporaryDirectory.ts";

const withAz = await azIsThere();
const skipped = !pulumiIsThere || !withAz;
const why = withoutPulumi || withoutAz(withAz);
const sessionKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

test.skipIf(skipped)(
  `a checkpoint of the local engine goes through pulumi stack import, secrets included, and Pulumi then finds no changes${why}`,
  async () => {
    await using folder = await temporaryDirectory();
    await using azure = await startTestAzure();
    const environment = { ...process.env, ...azure.environment, PATH: process.env.PATH };
    const at = { projectDirectory: process.cwd(), stack: "prod", stateDirectory: folder.path, environment };
    expect(await runStack({ mode: "up", ...at, config: { sessionKey, deletionProtection: "false" } })).toMatchObject({
      ok: true,
      errors: [],
    });
    const checkpoint = join(folder.path, "agentgateway", "prod.json");
    expect(await readFile(checkpoint, "utf8")).toContain('"ciphertext"');
    expect(await readFile(checkpoint, "utf8")).not.toContain(sessionKey);

    const passphrase = await readFile(join(folder.path, "passphrase"), "utf8");
    await using pulumi = await startRealPulumi(azure, "prod", passphrase);
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await pulumi.run(...args, "--stack", "prod");
      expect(code, stderr + stdout).toBe(0);
      return stdout;
    };
    await run("config", "set", "--secret", "sessionKey", sessionKey);
    expect(await run("stack", "import", "--file", checkpoint)).toContain("Import complete.");
    expect(await run("preview", "--expect-no-changes")).toContain("11 unchanged");
    expect(await run("up", "--yes", "--skip-preview")).toContain("11 unchanged");
    expect(await run("stack", "output", "containerAppName")).toContain("agw-prod-app");
    await run("destroy", "--yes", "--skip-preview");
    expect(await az(azure, "group", "list")).toEqual([]);
  },
);
