import * as pulumi from "@pulumi/pulumi";
import { busyLimits, isBusy, nextPause } from "./busy.ts";

/**
 * While another operation runs on the resource (409), waits and has its write tried again, with backoff and under one limit. Any
 * other failure is final. It has to be named, since Pulumi records hooks in the state by name.
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
    const so = `${Math.round(waited)} s of ${limits.limitSeconds} s`;
    await pulumi.log.info(
      `Another operation is running on ${resource}; trying again in ${pause} s (waited ${so}).`,
      parent,
    );
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    return true;
  });
}
