import { join } from "node:path";
import { ensureAz } from "agentgateway-local-azure/host";
import { writeAzConfiguration } from "../../../packages/local-azure/src/host/azConfiguration.ts";
import { closedPort } from "../closedPort.ts";

/** The project's own folder, ignored by git, that holds what set-up installs. */
const directory = join(import.meta.dirname, "..", "..", "..", ".local");

/** Prepares once what the whole suite needs; each part says what it does when that takes long. */
export default async function setup(): Promise<void> {
  // With a configuration folder of a test's own, az would report its use to its maker, by a process that outlives it.
  process.env.AZURE_CORE_COLLECT_TELEMETRY = "no";
  // Without a folder of its own az would read and write the operator's, and ask its maker for a newer release. What it does
  // outside any local Azure of a test's leads nowhere.
  process.env.AZURE_CONFIG_DIR = join(directory, "azure-of-tests");
  await writeAzConfiguration(process.env.AZURE_CONFIG_DIR, `https://127.0.0.1:${closedPort}`, join(directory, "az"));
  // npm would ask its registry whether there is a newer one.
  process.env.npm_config_update_notifier = "false";
  // All that tests talk to is on this machine, where no proxy leads to.
  for (const name of ["NO_PROXY", "no_proxy"]) process.env[name] = "127.0.0.1,localhost";
  // Set on some CI machines: what agw prints into a pipe is read here as it is without a terminal.
  delete process.env.FORCE_COLOR;
  // A git hook sets these, and has git work on that hook's repository wherever it runs.
  for (const name of Object.keys(process.env)) if (name.startsWith("GIT_")) delete process.env[name];
  const az = await ensureAz({ directory, log: (line) => console.log(line) }).catch((error: Error) => {
    console.log(`${error.message}\nTests that need the Azure CLI are skipped.`);
    return undefined;
  });
  if (az?.own === true) process.env.PATH = `${az.bin}:${process.env.PATH ?? ""}`;
}
