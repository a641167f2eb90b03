import { getContainerApp } from "@pulumi/azure-native/app/getContainerApp.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../../args.ts";
import { type BusyLimits, busyLimits, isBusy, nextPause } from "./busy.ts";
import { foreignSecrets, foreignSecretsMessage } from "./foreignSecrets.ts";

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

/** What the app's hooks need to know. */
export interface AppHooksArgs {
  readonly args: ResolvedArgs;
  /** Names of the secrets that the program declares. */
  readonly secretNames: readonly string[];
  readonly parent: pulumi.Resource;
}

/**
 * Before an update of the app, at a preview too: stops it if it would delete a secret that is not this stack's. The app is
 * read here, because the state may be older than what is live.
 */
export function keepSecrets(name: string, { args, secretNames, parent }: AppHooksArgs): pulumi.ResourceHook {
  const { containerAppName, resourceGroupName, dropSecrets } = args;
  const check = async ({ oldInputs }: pulumi.ResourceHookArgs): Promise<void> => {
    const live = await getContainerApp({ containerAppName, resourceGroupName }, { parent });
    const recorded = await recordedSecrets(oldInputs);
    const foreign = foreignSecrets(live, { declared: secretNames, recorded, dropped: dropSecrets });
    if (foreign.length === 0) return;
    throw new Error(foreignSecretsMessage({ containerAppName, resourceGroupName }, foreign));
  };
  return new pulumi.ResourceHook(`${name}-keep-secrets`, check, { onDryRun: true });
}

interface Inputs {
  readonly configuration?: { readonly secrets?: readonly { readonly name: string; readonly value?: unknown }[] };
}

/** Of the secrets in the state those with a value. A refresh adds foreign ones by name only. */
function recordedSecrets(oldInputs: unknown): Promise<string[]> {
  // Old inputs are known, but with a secret in it the configuration comes as an output.
  return new Promise((resolve) =>
    pulumi.output(oldInputs as Inputs | undefined).apply((inputs) => {
      const secrets = inputs?.configuration?.secrets ?? [];
      resolve(secrets.flatMap(({ name, value }) => (value === undefined ? [] : name)));
    }),
  );
}

/**
 * While another operation runs on the resource (409), waits and has its write tried again, with backoff and under one limit. Any
 * other failure is final. It has to be named, since Pulumi records hooks in the state by name.
 */
export function waitForOperation(name: string, parent: pulumi.Resource): pulumi.ErrorHook {
  const limits: BusyLimits = busyLimits(process.env);
  const began = new Map<string, number>();
  return new pulumi.ErrorHook(`${name}-wait-for-operation`, async ({ errors, urn, name: resource }) => {
    if (!isBusy(errors[0] ?? "")) return false;
    const since = began.get(urn) ?? Date.now();
    began.set(urn, since);
    const waited = (Date.now() - since) / 1000;
    const pause = nextPause(errors.length, waited, limits);
    if (pause === undefined) return false;
    const so = `${Math.round(waited)} s of ${limits.limitSeconds} s`;
    await pulumi.log.info(
      `Another operation is running on ${resource}; trying again in ${pause} s (waited ${so}).`,
      parent,
    );
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    return true;
  });
}
