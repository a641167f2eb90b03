import { getContainerApp } from "@pulumi/azure-native/app/getContainerApp.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../../args.ts";
import { foreignSecrets, foreignSecretsMessage } from "./foreignSecrets.ts";

/**
 * Before an update of the app, at a preview too: stops it if it would delete a secret that is not this stack's. The app is
 * read here, because the state may be older than what is live. `declared` are the names of the program's own secrets.
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
