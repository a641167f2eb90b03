import * as pulumi from "@pulumi/pulumi";
import { runAz } from "../../../affinity-step/runAz.mjs";
import { oneLine } from "../../messages/oneLine.ts";

const survivor =
  /already existing resource ['"]\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.App\/managedEnvironments\/([^/]+)\/providers\/Microsoft\.Insights\/diagnosticSettings\/([^/'"]+)/i;
const remove =
  "az monitor diagnostic-settings delete --resource-namespace Microsoft.App --resource-type managedEnvironments";

/**
 * Deletes the diagnostic setting of an environment that was deleted by hand, and retries creating it: Azure keeps the
 * setting, and azure-native refuses to create a resource that exists. Any other failure is final.
 */
export function deleteSurvivor(name: string, parent: pulumi.Resource): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-delete-survivor`, async ({ errors }) => {
    const [, subscription = "", group = "", environment = "", setting] = survivor.exec(errors[0] ?? "") ?? [];
    if (setting === undefined || errors.length > 3) return false;
    const text = `Diagnostic setting '${setting}' is left over from a deleted environment. It is deleted and created again.`;
    await pulumi.log.info(text, parent);
    const which = ["--resource", environment, "--resource-group", group, "--subscription", subscription];
    const { code, output } = await runAz([...remove.split(" "), "--name", setting, ...which], 300);
    if (code !== 0) await pulumi.log.warn(`The diagnostic setting could not be deleted: ${oneLine(output)}`, parent);
    return code === 0;
  });
}
