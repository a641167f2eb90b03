import { type ArmError, errors } from "../../../arm/errors.ts";
import type { AppBody, Configuration, Container, Template } from "../model/app.ts";
import { outOfRange } from "./ranges.ts";
import { unsupportedFeature } from "./unsupported.ts";

/**
 * Returns the error for a body that the model allows but Azure refuses, or that the local Azure doesn't support.
 * Undefined: the body is accepted. As on Azure, the first rule that fails decides.
 */
export function refusal(name: string, body: AppBody): ArmError | undefined {
  for (const rule of rules) {
    const error = rule(body, name);
    if (error !== undefined) return error;
  }
  return undefined;
}

type Rule = (body: AppBody, name: string) => ArmError | undefined;

const invalid = errors.invalid;
const configuration = (body: AppBody): Configuration => body.properties.configuration;
const template = (body: AppBody): Template => body.properties.template;
const containers = (body: AppBody): readonly Container[] => template(body).containers ?? [];

const nameIsValid: Rule = (_body, name) =>
  /^[a-z]([a-z0-9]|-(?!-)){0,30}[a-z0-9]$/.test(name)
    ? undefined
    : invalid(
        "ContainerAppInvalidName",
        `Invalid ContainerApp name '${name}'. A name must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character and cannot have '--'. The length must not be more than 32 characters.`,
      );

const stickyNeedsSingleHttp: Rule = (body) => {
  const { ingress, activeRevisionsMode } = configuration(body);
  if (ingress?.stickySessions?.affinity !== "sticky") return undefined;
  if (activeRevisionsMode !== "Single") {
    return invalid(
      "ContainerAppInvalidStickySessions",
      `Sticky sessions require activeRevisionsMode 'Single', got '${activeRevisionsMode}'.`,
    );
  }
  if (ingress.transport === "Tcp") {
    return invalid("ContainerAppInvalidStickySessions", "Sticky sessions require HTTP ingress, got transport 'Tcp'.");
  }
  return undefined;
};

/** A PATCH that only sets affinity on an app without ingress results in an ingress without a port. */
const ingressHasPort: Rule = (body) => {
  const { ingress } = configuration(body);
  if (ingress === undefined || (ingress.targetPort ?? 0) > 0 || ingress.external !== undefined) return undefined;
  return ingress.stickySessions === undefined
    ? invalid("ContainerAppInvalidIngress", "Ingress must have 'targetPort' or 'external'.")
    : invalid("ContainerAppInvalidStickySessions", "Sticky sessions require ingress with 'targetPort' or 'external'.");
};

const hasContainers: Rule = (body) =>
  containers(body).length > 0
    ? undefined
    : invalid("ContainerAppContainersRequired", "properties.template.containers must have at least one container.");

const containersAreComplete: Rule = (body) => {
  const broken = containers(body).find(({ name, image }) => !name || !image);
  return (
    broken &&
    invalid(
      "InvalidParameterValueInContainerTemplate",
      `Container '${broken.name ?? ""}' must have a name and an image.`,
    )
  );
};

/** Rule of the Consumption profile: memory in Gi is twice the number of cores; up to four cores, in steps of 0.25. */
const resourcesAddUp: Rule = (body) => {
  const profile = body.properties.workloadProfileName ?? "Consumption";
  if (profile !== "Consumption") return undefined;
  const total = containers(body).reduce(
    (sum, { resources }) => ({
      cpu: sum.cpu + (resources?.cpu ?? 0.5),
      memory: sum.memory + Number.parseFloat(resources?.memory ?? "1Gi"),
    }),
    { cpu: 0, memory: 0 },
  );
  if (Number.isInteger(total.cpu * 4) && total.cpu > 0 && total.cpu <= 4 && total.memory === 2 * total.cpu)
    return undefined;
  return invalid(
    "ContainerAppInvalidResourceTotal",
    `The total requested CPU and memory resources for this application (CPU: ${total.cpu}, memory: ${total.memory}) is invalid. Total CPU and memory for all containers defined in a Container App must add up to one of the following CPU - Memory combinations: ${combinations}`,
  );
};

const combinations = Array.from({ length: 16 }, (_, step) => (step + 1) / 4)
  .map((cpu) => `[cpu: ${cpu}, memory: ${(cpu * 2).toFixed(1)}Gi]`)
  .join("; ");

const scaleIsInRange: Rule = (body) => {
  const { minReplicas = 0, maxReplicas = 10 } = template(body).scale ?? {};
  if (maxReplicas >= 1 && maxReplicas <= 1000 && minReplicas >= 0 && minReplicas <= maxReplicas) return undefined;
  return invalid(
    "ContainerAppInvalidScale",
    `properties.template.scale must satisfy 0 <= minReplicas <= maxReplicas and 1 <= maxReplicas <= 1000, got minReplicas ${minReplicas}, maxReplicas ${maxReplicas}.`,
  );
};

/** Azure's message: Azure/container-apps-deploy-action#116. */
const secretNamesAreValid: Rule = (body) => {
  const broken = (configuration(body).secrets ?? []).find(
    ({ name }) => name && !/^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$/.test(name),
  );
  return (
    broken &&
    invalid(
      "ContainerAppInvalidSecretName",
      `Secret name has an invalid value '${broken.name}'. A value must consist of lower case alphanumeric characters, '-', and must start and end with an alphanumeric character. The length must not be more than 253 characters.`,
    )
  );
};

const secretsHaveValues: Rule = (body) => {
  const secrets = configuration(body).secrets ?? [];
  const broken = secrets
    .filter(({ name, value, keyVaultUrl }) => !name || (!value && !keyVaultUrl))
    .map(({ name }) => name ?? "");
  return broken.length === 0
    ? undefined
    : invalid(
        "ContainerAppSecretInvalid",
        `Invalid Request: Container app secret(s) with name(s) '${broken.join(", ")}' are invalid: value or keyVaultUrl and identity should be provided.`,
      );
};

const secretRefsExist: Rule = (body) => {
  const known = new Set((configuration(body).secrets ?? []).map(({ name }) => name));
  for (const container of containers(body)) {
    const missing = (container.env ?? []).find(({ secretRef }) => secretRef !== undefined && !known.has(secretRef));
    if (missing !== undefined) {
      return invalid(
        "ContainerAppSecretRefNotFound",
        `SecretRef '${missing.secretRef}' defined for container '${container.name}' not found.`,
      );
    }
  }
  const volume = (template(body).volumes ?? [])
    .flatMap(({ secrets }) => secrets ?? [])
    .find(({ secretRef }) => !known.has(secretRef));
  if (volume !== undefined) {
    return invalid("ContainerAppSecretRefNotFound", `SecretRef '${volume.secretRef}' defined for a volume not found.`);
  }
  const registry = (configuration(body).registries ?? []).find(
    (entry) => entry.passwordSecretRef && !known.has(entry.passwordSecretRef),
  );
  return (
    registry &&
    invalid(
      "ContainerAppSecretRefNotFound",
      `SecretRef '${registry.passwordSecretRef}' defined for registry server '${registry.server}' not found.`,
    )
  );
};

const mountsExist: Rule = (body) => {
  const volumes = new Set((template(body).volumes ?? []).map(({ name }) => name));
  const missing = containers(body)
    .flatMap(({ volumeMounts }) => volumeMounts ?? [])
    .find(({ volumeName }) => !volumes.has(volumeName));
  return (
    missing &&
    invalid(
      "ContainerAppInvalidVolumeMount",
      `A volume mount refers to volume '${missing.volumeName}', which is not in properties.template.volumes.`,
    )
  );
};

const valuesAreInRange: Rule = (body) => {
  const problems = outOfRange(body);
  return problems.length === 0 ? undefined : errors.invalidBody(problems);
};

const rules: readonly Rule[] = [
  nameIsValid,
  hasContainers,
  containersAreComplete,
  valuesAreInRange,
  ingressHasPort,
  stickyNeedsSingleHttp,
  resourcesAddUp,
  scaleIsInRange,
  secretNamesAreValid,
  secretsHaveValues,
  secretRefsExist,
  mountsExist,
  (body) => {
    const feature = unsupportedFeature(body);
    return feature === undefined ? undefined : errors.notImplemented(feature);
  },
];
