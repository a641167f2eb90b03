import { errors } from "../../../arm/errors.ts";
import { containers, type Rule } from "./rule.ts";

const invalid = errors.invalid;

export const hasContainers: Rule = (body) =>
  containers(body).length > 0
    ? undefined
    : invalid("ContainerAppContainersRequired", "properties.template.containers must have at least one container.");

export const containersAreComplete: Rule = (body) => {
  const broken = containers(body).find(({ name, image }) => !name || !image);
  return (
    broken &&
    invalid(
      "InvalidParameterValueInContainerTemplate",
      `Container '${broken.name ?? ""}' must have a name and an image.`,
    )
  );
};

const path = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const host = "[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+(?::\\d+)?|[A-Za-z0-9-]+:\\d+|localhost";
/** Grammar of github.com/distribution/reference. */
const reference = new RegExp(
  `^(?:(?:${host})/)?${path}(?:/${path})*(?::\\w[\\w.-]{0,127})?(?:@[A-Za-z0-9_+.-]+:[0-9a-fA-F]{32,})?$`,
);

/** The code and the form of the message are Azure's (see `errors.imageNotFound`), but the details aren't. */
export const imagesAreReferences: Rule = (body) => {
  const broken = containers(body).find(({ image = "" }) => !reference.test(image));
  return (
    broken &&
    invalid(
      "InvalidParameterValueInContainerTemplate",
      `The following field(s) are either invalid or missing. Field 'template.containers.${broken.name}.image' is invalid with details: 'Invalid value: "${broken.image}": could not parse reference';.`,
    )
  );
};

/**
 * The Consumption profile's rule: memory in Gi is twice the number of cores, in steps of 0.25 cores, up to four cores, or
 * two in an environment without workload profiles (Azure/bicep#10821).
 */
export const resourcesAddUp: Rule = (body, _name, { workloadProfiles }) => {
  const most = workloadProfiles?.length ? 4 : 2;
  const profile = body.properties.workloadProfileName ?? "Consumption";
  if (profile !== "Consumption") return undefined;
  const total = containers(body).reduce(
    (sum, { resources }) => ({
      cpu: sum.cpu + (resources?.cpu ?? 0.5),
      memory: sum.memory + Number.parseFloat(resources?.memory ?? "1Gi"),
    }),
    { cpu: 0, memory: 0 },
  );
  if (Number.isInteger(total.cpu * 4) && total.cpu > 0 && total.cpu <= most && total.memory === 2 * total.cpu)
    return undefined;
  return invalid(
    "ContainerAppInvalidResourceTotal",
    `The total requested CPU and memory resources for this application (CPU: ${total.cpu}, memory: ${total.memory}) is invalid. Total CPU and memory for all containers defined in a Container App must add up to one of the following CPU - Memory combinations: ${combinations(most)}`,
  );
};

/** For whole numbers of cores, Azure writes one decimal: `1.0`. */
const combinations = (most: number): string =>
  Array.from({ length: most * 4 }, (_, step) => (step + 1) / 4)
    .map((cpu) => `[cpu: ${Number.isInteger(cpu) ? cpu.toFixed(1) : cpu}, memory: ${(cpu * 2).toFixed(1)}Gi]`)
    .join("; ");
