import { join } from "node:path";
import { ensureAz } from "agentgateway-local-azure/host";
import { writeAzConfiguration } from "../../../packages/local-azure/src/host/azConfiguration.ts";
import { closedPort } from "../closedPort.ts";

/** Folder for what set-up installs; ignored by git. */
const directory = join(import.meta.dirname, "..", "..", "..", ".local");

/** Prepares what the whole suite needs. Slow parts report their progress. */
export default async function setup(): Promise<void> {
  // With a test's configuration folder, az would send telemetry from a process that outlives it.
  process.env.AZURE_CORE_COLLECT_TELEMETRY = "no";
  // Without a separate folder, az would use the operator's and check for a newer release. Outside a test's local Azure,
  // its requests reach nothing.
  process.env.AZURE_CONFIG_DIR = join(directory, "azure-of-tests");
  await writeAzConfiguration(process.env.AZURE_CONFIG_DIR, `https://127.0.0.1:${closedPort}`, join(directory, "az"));
  // npm would check its registry for a newer version.
  process.env.npm_config_update_notifier = "false";
  // Tests only talk to servers on this machine, which a proxy cannot reach.
  for (const name of ["NO_PROXY", "no_proxy"]) process.env[name] = "127.0.0.1,localhost";
  // Some CI machines set it, but tests expect agw's output without a terminal.
  delete process.env.FORCE_COLOR;
  // Git sets these in hooks, and they would make git use the hook's repository everywhere.
  for (const name of Object.keys(process.env)) if (name.startsWith("GIT_")) delete process.env[name];
  const az = await ensureAz({ directory, log: (line) => console.log(line) }).catch((error: Error) => {
    console.log(`${error.message}\nTests that need the Azure CLI are skipped.`);
    return undefined;
  });
  if (az?.own === true) process.env.PATH = `${az.bin}:${process.env.PATH ?? ""}`;
}
