import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { identity } from "../arm/token.ts";

const cloudName = "LocalAzure";

/** Versions to assume if the installed ones can't be determined: those that this project installs. */
const knownVersions = { "azure-cli": "2.91.0", core: "2.91.0", telemetry: "1.1.0" };

/**
 * Writes a configuration folder for the Azure CLI. Its only cloud is the local one, and it is signed in there with the
 * managed identity. The user's own `~/.azure` is not touched.
 */
export async function writeAzConfiguration(folder: string, endpoint: string, azHome: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text, { mode: 0o600 });
  await Promise.all([
    write("clouds.config", ini({ [cloudName]: clouds(endpoint) })),
    write(
      "config",
      ini({
        cloud: { name: cloudName },
        core: {
          collect_telemetry: "no",
          survey_message: "no",
          // Microsoft's discovery service doesn't know the local sign-in address.
          instance_discovery: "false",
          no_color: "true",
          // Otherwise the first `az --help` adds this line, and two at a time leave a file that az cannot read.
          first_run: "yes",
        },
        extension: { use_dynamic_install: "no" },
      }),
    ),
    write("azureProfile.json", JSON.stringify(profile)),
    write("versionCheck.json", JSON.stringify(versionCheck(azHome))),
  ]);
}

/**
 * Trailing slashes are as in Azure's own clouds, because some commands append paths without one. Microsoft Graph and
 * log queries are not implemented, but without their addresses the CLI reports a corrupt file instead of a clear error.
 */
const clouds = (endpoint: string): Record<string, string> => ({
  endpoint_resource_manager: `${endpoint}/`,
  endpoint_active_directory: endpoint,
  endpoint_active_directory_resource_id: `${endpoint}/`,
  endpoint_microsoft_graph_resource_id: `${endpoint}/`,
  endpoint_log_analytics_resource_id: `${endpoint}/`,
});

/** The profile that `az login --identity` would write. */
const profile = {
  installationId: "00000000-0000-4000-8000-0000000000cc",
  subscriptions: [
    {
      id: identity.subscription,
      name: identity.subscriptionName,
      state: "Enabled",
      user: { name: "systemAssignedIdentity", type: "servicePrincipal", assignedIdentityInfo: "MSI" },
      isDefault: true,
      tenantId: identity.tenant,
      environmentName: cloudName,
      homeTenantId: identity.tenant,
      managedByTenants: [],
    },
  ],
};

/**
 * Declares the installed versions as the latest, so that the CLI doesn't check for updates. They must match the
 * installed ones.
 */
function versionCheck(azHome: string): object {
  const versions = { ...knownVersions, ...installedVersions(azHome) };
  const local = Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, { local: version }]));
  return { versions: local, update_time: "2999-01-01 00:00:00.000000" };
}

function installedVersions(azHome: string): Partial<typeof knownVersions> {
  const lib = join(azHome, "lib");
  const python = existsSync(lib) ? readdirSync(lib).find((name) => name.startsWith("python3")) : undefined;
  const packages = python === undefined ? "" : join(lib, python, "site-packages");
  const names = existsSync(packages) ? readdirSync(packages) : [];
  const version = (name: string): string | undefined =>
    names
      .map((entry) => new RegExp(`^${name}-(\\d[\\w.]*)\\.dist-info$`).exec(entry)?.[1])
      .find((found) => found !== undefined);
  const found = {
    "azure-cli": version("azure_cli"),
    core: version("azure_cli_core"),
    telemetry: version("azure_cli_telemetry"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

const ini = (sections: Record<string, Record<string, string>>): string =>
  Object.entries(sections)
    .map(
      ([name, values]) =>
        `[${name}]\n${Object.entries(values)
          .map(([key, value]) => `${key} = ${value}\n`)
          .join("")}`,
    )
    .join("\n");
