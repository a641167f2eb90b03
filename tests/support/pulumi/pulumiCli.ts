import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const onPath = (name: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Whether Pulumi's own CLI is on the PATH; the project never installs it. */
export const pulumiIsThere = onPath("pulumi") && spawnSync("pulumi", ["version"]).status === 0;

/** To be put behind a title. */
export const withoutPulumi = pulumiIsThere ? "" : " (skipped: no pulumi on the PATH)";

const commandProvider = "pulumi-resource-command";
const commandProviderIsThere = onPath(commandProvider);

// Where Pulumi is installed for the tests, they may not be skipped because it is not found.
if (process.env.REQUIRE_PULUMI === "1") {
  const missing = [pulumiIsThere ? "" : "pulumi", commandProviderIsThere ? "" : commandProvider].filter(Boolean);
  if (missing.length > 0) throw new Error(`REQUIRE_PULUMI=1, but the PATH has no ${missing.join(" and no ")}`);
}

/** The packages whose providers tests attach to Pulumi's own engine: this project's `command` only if there is no real one. */
export const attachedInTests: readonly string[] = ["azure-native", ...(commandProviderIsThere ? [] : ["command"])];
