import { scrypt } from "node:crypto";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../config/args.ts";
import { secretName } from "../config/environmentVariables.ts";

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
