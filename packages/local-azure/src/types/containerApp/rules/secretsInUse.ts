import { type ArmError, errors } from "../../../arm/errors.ts";
import { type App, type AppBody, isActive, type Template } from "../model/app.ts";

/**
 * Returns the error for a write that removes a secret that an active revision references. Azure answers 400
 * (hashicorp/terraform-provider-azurerm#22493; microsoft/azure-container-apps#395: it used to hang). Even if the same
 * write creates a new revision, the old one stays active until the new one is ready. In June 2026, Azure allowed the
 * removal in Single mode (microsoft/vscode-azurecontainerapps#1098). To be safe, it is refused in both modes here. The
 * message isn't Azure's.
 */
export function secretsInUse(app: Pick<App, "revisions"> | undefined, next: AppBody): ArmError | undefined {
  const kept = new Set((next.properties.configuration.secrets ?? []).map(({ name }) => name));
  for (const { name, template } of (app?.revisions ?? []).filter(isActive)) {
    const missing = references(template).find((secret) => !kept.has(secret));
    if (missing === undefined) continue;
    return errors.invalid(
      "ContainerAppSecretInUse",
      `Secret '${missing}' cannot be removed: the active revision '${name}' references it. Deactivate the revision first.`,
    );
  }
  return undefined;
}

/** Returns the names of the secrets that a template's environment variables, volumes and scale rules reference. */
function references({ containers = [], volumes = [], scale }: Template): string[] {
  const rules = (scale?.rules ?? []).flatMap(({ http, custom }) => [...(http?.auth ?? []), ...(custom?.auth ?? [])]);
  return [
    ...containers.flatMap(({ env }) => env ?? []),
    ...volumes.flatMap(({ secrets }) => secrets ?? []),
    ...rules,
  ].flatMap(({ secretRef }) => secretRef ?? []);
}
