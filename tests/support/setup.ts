import { join } from "node:path";
import { ensureAz } from "../../src/local/az.ts";

/** The project's own folder, ignored by git, that holds what set-up installs. */
const directory = join(import.meta.dirname, "..", "..", ".local");

/** Prepares once what the whole suite needs; each part says what it does when that takes long. */
export default async function setup(): Promise<void> {
  // With a configuration folder of a test's own, az would report its use to its maker, by a process that outlives it.
  process.env.AZURE_CORE_COLLECT_TELEMETRY = "no";
  const az = await ensureAz({ directory, log: (line) => console.log(line) }).catch((error: Error) => {
    console.log(`${error.message}\nTests that need the Azure CLI are skipped.`);
    return undefined;
  });
  if (az?.own === true) process.env.PATH = `${az.bin}:${process.env.PATH ?? ""}`;
}
