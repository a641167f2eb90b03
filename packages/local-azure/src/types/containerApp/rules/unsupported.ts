import type { AppBody } from "../model/app.ts";

const present = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "" && value !== false;

/** Returns name and path of the first feature in the body that the local Azure doesn't support, or undefined. */
export function unsupportedFeature(body: AppBody): string | undefined {
  const { ingress, dapr, runtime, service, secrets, activeRevisionsMode } = body.properties.configuration;
  const { initContainers, serviceBinds, volumes, scale } = body.properties.template;
  const traffic = (ingress?.traffic ?? []).filter(({ weight }) => (weight ?? 0) > 0);
  const candidates: readonly (readonly [unknown, string])[] = [
    [activeRevisionsMode === "Labels", "activeRevisionsMode 'Labels'"],
    [traffic.length > 1, "traffic split across several revisions (properties.configuration.ingress.traffic)"],
    [
      ingress?.traffic?.some(({ label }) => label),
      "revision labels (properties.configuration.ingress.traffic[].label)",
    ],
    [
      ingress?.ipSecurityRestrictions?.some(({ action }) => action === "Deny"),
      "ipSecurityRestrictions with action 'Deny' (properties.configuration.ingress)",
    ],
    [
      /^(tcp|http2)$/i.test(ingress?.transport ?? ""),
      `transport '${ingress?.transport}' (properties.configuration.ingress)`,
    ],
    [ingress?.corsPolicy, "properties.configuration.ingress.corsPolicy"],
    [ingress?.additionalPortMappings, "properties.configuration.ingress.additionalPortMappings"],
    [dapr?.enabled, "properties.configuration.dapr"],
    [runtime, "properties.configuration.runtime"],
    [service, "properties.configuration.service"],
    [initContainers, "properties.template.initContainers"],
    [serviceBinds, "properties.template.serviceBinds"],
    [
      secrets?.some(({ keyVaultUrl }) => keyVaultUrl),
      "Key Vault secrets (properties.configuration.secrets[].keyVaultUrl)",
    ],
    [
      volumes?.some(({ storageType }) => storageType === "AzureFile" || storageType === "NfsAzureFile"),
      "file share volumes (properties.template.volumes[].storageType)",
    ],
    [
      scale?.rules?.some(({ http }) => http === undefined),
      "scale rules other than HTTP (properties.template.scale.rules)",
    ],
  ];
  const found = candidates.find(([value]) => present(value));
  return found?.[1];
}
