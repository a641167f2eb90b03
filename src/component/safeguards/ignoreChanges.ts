import type { ResolvedArgs } from "../../args.ts";

/**
 * Properties that Azure fixes at creation and the program leaves to Azure. After an interrupted update, and after an import,
 * they are in the state all the same; to Pulumi they would look removed, and the live resource would be deleted and created
 * again (create-only properties of Azure's API models; measured with azure-native's source and Pulumi's engine 3.260).
 */
const fixedAtCreation = {
  app: ["managedEnvironmentId", "kind"],
  environment: ["infrastructureResourceGroup", "zoneRedundant", "vnetConfiguration"],
};

/** Properties by which others bind something to the app: no setting declares them, so they stay as they are. */
const boundByOthers = {
  app: ["identity", "configuration.identitySettings", "configuration.registries"],
  ingress: ["configuration.ingress.customDomains"],
  environment: ["identity", "customDomainConfiguration"],
};

/** What an update of the app leaves alone. */
export const appIgnores = (args: ResolvedArgs): string[] => [
  ...fixedAtCreation.app,
  ...boundByOthers.app,
  ...(args.ingress ? boundByOthers.ingress : []),
];

/** What an update of the environment leaves alone. */
export const environmentIgnores: readonly string[] = [...fixedAtCreation.environment, ...boundByOthers.environment];
