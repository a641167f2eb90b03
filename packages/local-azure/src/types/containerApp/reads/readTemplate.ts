import type { Container, Template } from "../model/app.ts";

/** Returns a template as Azure does, with its defaults, so templates with equal results are equal. */
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

/** Ephemeral storage depends on the number of cores, as documented in the Container Apps quotas. */
function readContainer(container: Container): object {
  const cpu = container.resources?.cpu ?? 0.5;
  const ephemeralStorage = cpu <= 0.25 ? "1Gi" : cpu <= 0.5 ? "2Gi" : cpu <= 1 ? "4Gi" : "8Gi";
  const resources = { cpu, memory: container.resources?.memory ?? "1Gi", ephemeralStorage };
  return { ...container, imageType: "ContainerImage", resources, probes: container.probes ?? [] };
}
