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

/** Whether Pulumi's CLI is on the PATH; the project never installs it. */
export const pulumiIsThere = onPath("pulumi") && spawnSync("pulumi", ["version"]).status === 0;

/** Suffix for the titles of tests that need Pulumi. */
export const withoutPulumi = pulumiIsThere ? "" : " (skipped: no pulumi on the PATH)";

const commandProvider = "pulumi-resource-command";
const commandProviderIsThere = onPath(commandProvider);

// With REQUIRE_PULUMI=1, tests must not be skipped because Pulumi is not found.
if (process.env.REQUIRE_PULUMI === "1") {
  const missing = [pulumiIsThere ? "" : "pulumi", commandProviderIsThere ? "" : commandProvider].filter(Boolean);
  if (missing.length > 0) throw new Error(`REQUIRE_PULUMI=1, but the PATH has no ${missing.join(" and no ")}`);
}

/** Packages whose stand-ins tests attach to Pulumi's engine; `command` only if the real provider is not installed. */
export const attachedInTests: readonly string[] = ["azure-native", ...(commandProviderIsThere ? [] : ["command"])];
