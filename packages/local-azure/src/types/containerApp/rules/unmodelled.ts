import type { AppBody } from "../model/app.ts";

const present = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "" && value !== false;

/** What of a container app the local Azure does not model, by name and path; undefined: it models all of it. Pure. */
export function unmodelled(body: AppBody): string | undefined {
  const { ingress, dapr, runtime, service, secrets, activeRevisionsMode } = body.properties.configuration;
  const { initContainers, serviceBinds, volumes, scale } = body.properties.template;
  const traffic = (ingress?.traffic ?? []).filter(({ weight }) => (weight ?? 0) > 0);
  const candidates: readonly (readonly [unknown, string])[] = [
    [activeRevisionsMode === "Labels", "activeRevisionsMode 'Labels'"],
    [traffic.length > 1, "traffic split over several revisions (properties.configuration.ingress.traffic)"],
    [
      ingress?.traffic?.some(({ label }) => label),
      "addresses of revisions by label (properties.configuration.ingress.traffic[].label)",
    ],
    [
      ingress?.ipSecurityRestrictions?.some(({ action }) => action === "Deny"),
      "ipSecurityRestrictions that deny (properties.configuration.ingress)",
    ],
    [
      /^(tcp|http2)$/i.test(ingress?.transport ?? ""),
      `transport ${ingress?.transport} (properties.configuration.ingress)`,
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
      "secrets in a key vault (properties.configuration.secrets[].keyVaultUrl)",
    ],
    [
      volumes?.some(({ storageType }) => storageType === "AzureFile" || storageType === "NfsAzureFile"),
      "volumes on file shares (properties.template.volumes[].storageType)",
    ],
    [
      scale?.rules?.some(({ http }) => http === undefined),
      "scale rules other than http (properties.template.scale.rules)",
    ],
  ];
  const found = candidates.find(([value]) => present(value));
  return found?.[1];
}
