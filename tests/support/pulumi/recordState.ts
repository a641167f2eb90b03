/**
 * Records the state that this commit's program writes, as a fixture for later commits: `node
 * tests/support/pulumi/recordState.ts FOLDER` deploys the stack prod with both engines on a local Azure, and writes the
 * ARM requests and both states to FOLDER. Needs the Azure CLI and Pulumi on the PATH. All values and keys in
 * `settings.json` are made up.
 */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runStack } from "agentgateway-local-azure/pulumi";
import { startTestAzure } from "../azure/localAzure.ts";
import { temporaryDirectory } from "../temporaryDirectory.ts";
import { startRealPulumi } from "./realPulumi.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node tests/support/pulumi/recordState.ts FOLDER");
await mkdir(folder, { recursive: true });

const config = {
  sessionKey: "5e".repeat(32),
  secretEnv: '{"API_KEY":"made-up"}',
  env: '{"LOG":"debug"}',
  ipAllow: '["127.0.0.0/8"]',
  tags: '{"owner":"platform"}',
};
const secrets = ["sessionKey", "secretEnv"];
const passphrase = "only for this fixture";
await writeFile(join(folder, "settings.json"), `${JSON.stringify({ passphrase, config, secrets }, null, 2)}\n`);

async function embedded(target: string): Promise<void> {
  await using state = await temporaryDirectory();
  await using azure = await startTestAzure();
  const environment = { ...process.env, ...azure.environment, PATH: process.env.PATH };
  const at = { projectDirectory: process.cwd(), stack: "prod", stateDirectory: state.path, environment };
  const { ok, errors } = await runStack({ mode: "up", ...at, config });
  if (!ok) throw new Error(JSON.stringify(errors));
  const writes = azure.requests().filter(({ method, path }) => method === "PUT" && !path.includes("/_local/"));
  const kept = writes.map(({ path, query, body }) => ({ path, apiVersion: query["api-version"], body }));
  await mkdir(join(target, "embedded"), { recursive: true });
  await writeFile(join(target, "writes.json"), `${JSON.stringify(kept, null, 2)}\n`);
  await cp(join(state.path, "agentgateway", "prod.json"), join(target, "embedded", "prod.json"));
  for (const file of ["key", "passphrase"]) await cp(join(state.path, file), join(target, "embedded", file));
}

async function pulumi(target: string): Promise<void> {
  await using azure = await startTestAzure();
  await using engine = await startRealPulumi(azure, "prod", passphrase);
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await engine.run(...args, "--stack", "prod");
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };
  for (const [key, value] of Object.entries(config)) {
    await run("config", "set", ...(secrets.includes(key) ? ["--secret"] : []), key, value);
  }
  await run("up", "--yes", "--skip-preview");
  // Remove source positions, which are paths of this machine.
  const plain = JSON.parse(await run("stack", "export"), (key, value) =>
    key === "sourcePosition" || key === "stackTrace" ? undefined : value,
  );
  await writeFile(join(target, "pulumi.json"), `${JSON.stringify(plain, null, 4)}\n`);
}

await embedded(folder);
await pulumi(folder);
