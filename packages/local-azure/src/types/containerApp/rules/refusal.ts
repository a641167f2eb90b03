import { type ArmError, errors } from "../../../arm/errors.ts";
import { tagsRefusal } from "../../../arm/resource.ts";
import type { EnvironmentProperties } from "../../managedEnvironment/model.ts";
import type { AppBody } from "../model/app.ts";
import { containersAreComplete, hasContainers, imagesAreReferences, resourcesAddUp } from "./containerRules.ts";
import { externalTcpHasNetwork, ingressHasPort, stickyNeedsSingleHttp, tcpHasNoHttpSettings } from "./ingressRules.ts";
import { outOfRange } from "./ranges.ts";
import { configuration, containers, type Rule, template } from "./rule.ts";
import { unsupportedFeature } from "./unsupported.ts";

/**
 * Returns the error for a body that the model allows but Azure refuses, or that the local Azure doesn't support.
 * Undefined: the body is accepted. As on Azure, the first rule that fails decides. By default, the environment has
 * workload profiles and no virtual network.
 */
export function refusal(
  name: string,
  body: AppBody,
  environment: EnvironmentProperties = withProfiles,
): ArmError | undefined {
  for (const rule of rules) {
    const error = rule(body, name, environment);
    if (error !== undefined) return error;
  }
  return undefined;
}

const withProfiles: EnvironmentProperties = { workloadProfiles: [{ name: "Consumption" }] };

const invalid = errors.invalid;
const nameIsValid: Rule = (_body, name) =>
  /^[a-z]([a-z0-9]|-(?!-)){0,30}[a-z0-9]$/.test(name)
    ? undefined
    : invalid(
        "ContainerAppInvalidName",
        `Invalid ContainerApp name '${name}'. A name must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character and cannot have '--'. The length must not be more than 32 characters.`,
      );

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
  ({ tags }) => tagsRefusal(tags),
  hasContainers,
  containersAreComplete,
  imagesAreReferences,
  valuesAreInRange,
  ingressHasPort,
  stickyNeedsSingleHttp,
  externalTcpHasNetwork,
  tcpHasNoHttpSettings,
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
