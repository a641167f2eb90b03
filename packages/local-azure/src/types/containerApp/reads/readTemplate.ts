import type { Container, Template } from "../model/app.ts";

/** A template as the service reads it back. Pure. */

/** With its defaults: two templates that read the same are the same. */
export function readTemplate(template: Template): object {
  const { scale } = template;
  return {
    revisionSuffix: template.revisionSuffix ?? "",
    terminationGracePeriodSeconds: template.terminationGracePeriodSeconds ?? null,
    containers: (template.containers ?? []).map(readContainer),
    initContainers: template.initContainers ?? null,
    scale: {
      minReplicas: scale?.minReplicas ?? null,
      maxReplicas: scale?.maxReplicas ?? 10,
      cooldownPeriod: scale?.cooldownPeriod ?? 300,
      pollingInterval: scale?.pollingInterval ?? 30,
      rules: scale?.rules ?? null,
    },
    volumes: template.volumes ?? null,
    serviceBinds: template.serviceBinds ?? null,
  };
}

/** Ephemeral storage follows the cores, as the Container Apps quotas say. */
function readContainer(container: Container): object {
  const cpu = container.resources?.cpu ?? 0.5;
  const ephemeralStorage = cpu <= 0.25 ? "1Gi" : cpu <= 0.5 ? "2Gi" : cpu <= 1 ? "4Gi" : "8Gi";
  const resources = { cpu, memory: container.resources?.memory ?? "1Gi", ephemeralStorage };
  return { ...container, imageType: "ContainerImage", resources, probes: container.probes ?? [] };
}
