import { scrypt } from "node:crypto";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../config/args.ts";
import { secretName } from "../config/environmentVariables.ts";
import type { LiveResource } from "./live/liveResources.ts";

/** The app's secrets by name. */
export function secretsOf(args: ResolvedArgs): Record<string, pulumi.Output<string>> {
  const given: [string, pulumi.Input<string> | undefined][] = [
    ["gateway-config", args.gatewayConfig],
    ["session-key", args.sessionKey],
    ...Object.entries(args.secretEnv).map(([name, value]): [string, pulumi.Input<string>] => [secretName(name), value]),
  ];
  return Object.fromEntries(
    given.flatMap(([name, value]) => (value === undefined ? [] : [[name, pulumi.secret(value)]])),
  );
}

/** Value of a {@link retiredSecrets retired secret}. */
export const retiredValue = "removed";

/**
 * Returns the names of live secrets that the stack doesn't declare. An update overwrites but keeps them, because Azure
 * refuses to remove a secret that an active revision references, and the old revision is active until the new one is
 * ready. Secrets in `dropSecrets` are left out once the latest revision doesn't use them. {@link keepSecrets} stops an
 * update that would overwrite a secret that this stack never declared.
 */
export function retiredSecrets(
  dropped: readonly string[],
  declared: readonly string[],
  live: LiveResource | undefined,
): string[] {
  const used = [...JSON.stringify(live?.template ?? {}).matchAll(/"secretRef":"([^"]+)"/g)].map(([, name]) => name);
  const names = (live?.configuration?.secrets ?? []).flatMap(({ name }) => name ?? []);
  return names.filter((name) => !declared.includes(name) && (!dropped.includes(name) || used.includes(name)));
}

/**
 * Changes whenever a secret changes. As part of the template it causes a new revision; Container Apps creates none for
 * a new secret value alone, and the replicas would keep the old one. Slow and salted, because anyone who can read the
 * app sees it.
 */
export function secretsDigest(salt: string, secrets: Record<string, pulumi.Output<string>>): pulumi.Output<string> {
  const slow = promisify<string, string, number, Buffer>(scrypt);
  const hash = pulumi.all(secrets).apply((values) => {
    const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
    return slow(JSON.stringify(entries), `agentgateway/${salt}`, 8);
  });
  return pulumi.unsecret(hash.apply((bytes) => bytes.toString("hex")));
}
