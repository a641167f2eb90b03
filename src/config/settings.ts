import * as pulumi from "@pulumi/pulumi";
import type { AgentGatewayArgs } from "../args.ts";
import { configurationMessage, listIssues } from "../messages/issues.ts";
import { readRegularFile } from "./gatewayConfig.ts";
import { parseSettings } from "./parseSettings.ts";

/**
 * Reads this stack's configuration, logs warnings, and returns the arguments for {@link AgentGateway}.
 *
 * @throws {pulumi.RunError} listing every error, before any resource is registered.
 */
export function readSettings(): AgentGatewayArgs {
  const prefix = `${pulumi.getProject()}:`;
  const all = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const parsed = parseSettings({
    stack: pulumi.getStack(),
    values: Object.fromEntries(all.map(([key, value]) => [key.slice(prefix.length), value])),
    secretKeys: new Set(secretKeys().map((key) => key.slice(prefix.length))),
    readFile: readRegularFile,
  });
  if (parsed.warnings.length > 0) void pulumi.log.warn(`Configuration warnings:\n${listIssues(parsed.warnings)}`);
  if ("errors" in parsed) throw new pulumi.RunError(configurationMessage(pulumi.getStack(), parsed.errors));
  return parsed.args;
}

/** Keys that Pulumi stores encrypted; its language host passes them next to PULUMI_CONFIG. */
function secretKeys(): string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
}
