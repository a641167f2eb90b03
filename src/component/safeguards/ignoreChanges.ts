import type { ResolvedArgs } from "../../config/args.ts";

/**
 * Create-only properties that the program does not set. An interrupted update or an import still puts them into the
 * state. To Pulumi they would then look removed, and it would replace the live resource (create-only according to
 * Azure's API models; measured with azure-native's source and Pulumi's engine 3.260).
 */
const fixedAtCreation = {
  app: ["managedEnvironmentId", "kind"],
  environment: ["infrastructureResourceGroup", "zoneRedundant", "vnetConfiguration"],
};

/** Properties through which others bind things to the app. No setting declares them, so updates keep them. */
const boundByOthers = {
  app: ["identity", "configuration.identitySettings", "configuration.registries"],
  ingress: ["configuration.ingress.customDomains"],
  environment: ["identity", "customDomainConfiguration"],
};

/** Properties of the app that updates keep. */
export const appIgnores = (args: ResolvedArgs): string[] => [
  ...fixedAtCreation.app,
  ...boundByOthers.app,
  ...(args.ingress ? boundByOthers.ingress : []),
];

/** Properties of the environment that updates keep. */
export const environmentIgnores: readonly string[] = [...fixedAtCreation.environment, ...boundByOthers.environment];
