import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { AgentGatewayArgs } from "../args.ts";
import { configurationMessage, listIssues } from "../messages/issues.ts";
import { parseSettings } from "./parseSettings.ts";

/**
 * Reads this stack's configuration, logs its warnings, and returns what {@link AgentGateway} takes.
 *
 * @throws {pulumi.RunError} with every issue at once, before any resource is registered.
 */
export function readSettings(): AgentGatewayArgs {
  const prefix = `${pulumi.getProject()}:`;
  const all = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const parsed = parseSettings({
    stack: pulumi.getStack(),
    values: Object.fromEntries(all.map(([key, value]) => [key.slice(prefix.length), value])),
    secretKeys: new Set(secretKeys().map((key) => key.slice(prefix.length))),
    readFile: readTextFile,
  });
  if (parsed.warnings.length > 0) void pulumi.log.warn(`Worth a look:\n${listIssues(parsed.warnings)}`);
  if ("errors" in parsed) throw new pulumi.RunError(configurationMessage(pulumi.getStack(), parsed.errors));
  return parsed.args;
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The keys that Pulumi keeps encrypted, as its language host hands them to the program beside PULUMI_CONFIG. */
function secretKeys(): string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
}
