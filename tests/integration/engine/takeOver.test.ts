import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runStack } from "../../../src/local/engine/runStack.ts";
import { az, azIsThere, startTestAzure, withoutAz } from "../../support/localAzure.ts";
import { pulumiIsThere, withoutPulumi } from "../../support/pulumiCli.ts";
import { startRealPulumi } from "../../support/realPulumi.ts";
import { temporaryDirectory } from "../../support/temporaryDirectory.ts";

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
    expect(await runStack({ mode: "up", ...at, config: { sessionKey } })).toMatchObject({ ok: true, errors: [] });
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

test.skipIf(skipped)(
  `an app that was made by other hands is adopted by the README's pulumi import, and its first update replaces nothing; shows this project's provider, not Pulumi's${why}`,
  async () => {
    await using azure = await startTestAzure();
    const [group, environment, app] = ["mcp-gateway-prod-rg", "unitone-agw-prod-env", "unitone-agw-prod-app"];
    const where = ["--resource-group", group, "--location", "westeurope"];
    await az(azure, "group", "create", "--name", group, "--location", "westeurope");
    await az(azure, "containerapp", "env", "create", "--name", environment, ...where, "--logs-destination", "none");
    const image = [
      "--image",
      "cr.agentgateway.dev/agentgateway:v1.4.1",
      "--ingress",
      "external",
      "--target-port",
      "8080",
    ];
    const given = ["--name", app, "--resource-group", group, "--environment", environment];
    const { id } = (await az(azure, "containerapp", "create", ...given, ...image)) as { id: string };

    await using pulumi = await startRealPulumi(azure, "prod");
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await pulumi.run(...args, "--stack", "prod");
      expect(code, stderr + stdout).toBe(0);
      return stdout;
    };
    const config = {
      baseName: "unitone-agw",
      resourceGroupName: group,
      existingResourceGroup: "true",
      existingEnvironmentName: environment,
    };
    for (const [key, value] of Object.entries(config)) await run("config", "set", key, value);
    const file = join(pulumi.project, "import.json");
    await writeFile(file, (await importJson()).replace(/"id": "[^"]*"/, `"id": "${id}"`));
    await run("import", "--file", file, "--protect=false", "--generate-code=false", "--yes");
    const preview = JSON.parse(await run("preview", "--json"));
    expect(preview.changeSummary.replace).toBeUndefined();
    const step = preview.steps.find(({ urn, op }: Step) => urn.endsWith("::agentgateway-app") && op !== "refresh");
    expect(step.op).toBe("update");
    expect(Object.keys(step.detailedDiff)).not.toContain("location");
    await run("up", "--yes", "--skip-preview");
    expect(await run("preview", "--expect-no-changes")).toContain("unchanged");
    const query = "properties.configuration.ingress.stickySessions.affinity";
    expect(await az(azure, "containerapp", "show", ...given.slice(0, 4), "--query", query)).toBe("sticky");
  },
);

interface Step {
  readonly urn: string;
  readonly op: string;
}

/** The README's own file. */
async function importJson(): Promise<string> {
  const blocks = (await readFile("README.md", "utf8")).matchAll(/```json\n(\{\n {2}"resources".*?)```/gs);
  const [text] = [...blocks].map(([, block = ""]) => block);
  if (text === undefined) throw new Error("the README has no import.json");
  return text;
}
