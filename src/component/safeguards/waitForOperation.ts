import * as pulumi from "@pulumi/pulumi";
import { busyLimits, isBusy, nextPause } from "./busy.ts";

/**
 * Retries a write, with backoff and within one limit, while another operation is running on the resource (409). Any
 * other failure is final. The hook has a name because Pulumi records hooks by name in the state.
 */
export function waitForOperation(name: string, parent: pulumi.Resource): pulumi.ErrorHook {
  const limits = busyLimits(process.env);
  const began = new Map<string, number>();
  return new pulumi.ErrorHook(`${name}-wait-for-operation`, async ({ errors, urn, name: resource }) => {
    if (!isBusy(errors[0] ?? "")) return false;
    const since = began.get(urn) ?? Date.now();
    began.set(urn, since);
    const waited = (Date.now() - since) / 1000;
    const pause = nextPause(errors.length, waited, limits);
    if (pause === undefined) return false;
    const time = `retrying in ${pause} s (${Math.round(waited)} of ${limits.limitSeconds} s)`;
    await pulumi.log.info(`Another operation is running on ${resource}; ${time}.`, parent);
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    return true;
  });
}
