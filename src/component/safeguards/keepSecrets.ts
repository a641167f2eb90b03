import { getContainerApp } from "@pulumi/azure-native/app/getContainerApp.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../../config/args.ts";
import { foreignSecrets, foreignSecretsMessage } from "./foreignSecrets.ts";

/**
 * Stops an update of the app, or its preview, if it would delete a secret that this stack does not own. Reads the live
 * app, because the state can be outdated. `declared` are the names of the secrets that the program declares.
 */
export function keepSecrets(
  name: string,
  { containerAppName, resourceGroupName, dropSecrets: dropped }: ResolvedArgs,
  declared: readonly string[],
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  const check = async ({ oldInputs }: pulumi.ResourceHookArgs): Promise<void> => {
    const live = await getContainerApp({ containerAppName, resourceGroupName }, { parent });
    const recorded = await recordedSecrets(oldInputs);
    const foreign = foreignSecrets(live, { declared, recorded, dropped });
    if (foreign.length === 0) return;
    throw new Error(foreignSecretsMessage({ containerAppName, resourceGroupName }, foreign));
  };
  return new pulumi.ResourceHook(`${name}-keep-secrets`, check, { onDryRun: true });
}

interface Inputs {
  readonly configuration?: { readonly secrets?: readonly { readonly name: string; readonly value?: unknown }[] };
}

/** Secrets in the state that have a value. A refresh adds foreign ones without a value. */
function recordedSecrets(oldInputs: unknown): Promise<string[]> {
  // Old inputs are known, but a configuration that contains a secret is passed as an output.
  return new Promise((resolve) =>
    pulumi.output(oldInputs as Inputs | undefined).apply((inputs) => {
      const secrets = inputs?.configuration?.secrets ?? [];
      resolve(secrets.flatMap(({ name, value }) => (value === undefined ? [] : name)));
    }),
  );
}
