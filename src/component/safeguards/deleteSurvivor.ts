import * as pulumi from "@pulumi/pulumi";
import { runAz } from "../../../affinity-step/runAz.mjs";
import { oneLine } from "../../messages/oneLine.ts";

const survivor =
  /already existing resource ['"]\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.App\/managedEnvironments\/([^/]+)\/providers\/Microsoft\.Insights\/diagnosticSettings\/([^/'"]+)/i;
const remove =
  "az monitor diagnostic-settings delete --resource-namespace Microsoft.App --resource-type managedEnvironments";

/**
 * Deletes a diagnostic setting that outlived its environment, and lets its creation be retried. Azure keeps the setting
 * if the environment is deleted by hand, and azure-native creates nothing that exists. Any other failure is final.
 */
export function deleteSurvivor(name: string, parent: pulumi.Resource): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-delete-survivor`, async ({ errors }) => {
    const [, subscription = "", group = "", environment = "", setting] = survivor.exec(errors[0] ?? "") ?? [];
    if (setting === undefined || errors.length > 3) return false;
    const text = `Diagnostic setting '${setting}' outlived its environment. It is deleted and created again.`;
    await pulumi.log.info(text, parent);
    const which = ["--resource", environment, "--resource-group", group, "--subscription", subscription];
    const { code, output } = await runAz([...remove.split(" "), "--name", setting, ...which], 300);
    if (code !== 0) await pulumi.log.warn(`The diagnostic setting could not be deleted: ${oneLine(output)}`, parent);
    return code === 0;
  });
}
