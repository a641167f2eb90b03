import type { ProbeOptions } from "mcp-affinity-probe";
import { headerLines, readCommand } from "../terminal/optionValues.ts";
import { type TokenCommandContext, tokenCommand } from "./tokenCommand.ts";

/** The values of the options that identify the probe. */
export interface GivenIdentification {
  readonly "bearer-file": string | undefined;
  readonly "bearer-command": readonly string[] | undefined;
  readonly header: Readonly<Record<string, string>> | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Returns how the probe identifies itself to the gateway. Options take precedence over the environment. */
export function identificationOf(
  given: GivenIdentification,
  context: TokenCommandContext,
  issues: string[],
): Pick<ProbeOptions, "bearer" | "headers" | "cert" | "key"> {
  const { "bearer-file": file, "bearer-command": command, header, cert, key } = given;
  // In a workflow, unset variables are empty.
  const variable = (name: string): string | undefined => context.env[name] || undefined;
  const pair = cert ?? key;
  const listed = headerLines("PROBE_HEADERS", variable("PROBE_HEADERS"), issues);
  const bearer = file?.trim() ?? (command ? tokenCommand(command, context) : bearerOf(variable, context, issues));
  const found = {
    bearer,
    headers: listed === undefined && header === undefined ? undefined : { ...listed, ...header },
    cert: pair === undefined ? variable("PROBE_CLIENT_CERT") : cert,
    key: pair === undefined ? variable("PROBE_CLIENT_KEY") : key,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function bearerOf(
  variable: (name: string) => string | undefined,
  context: TokenCommandContext,
  issues: string[],
): ProbeOptions["bearer"] {
  const [token, command] = [variable("TOKEN"), variable("PROBE_TOKEN_COMMAND")];
  if (token !== undefined && command !== undefined) issues.push("TOKEN and PROBE_TOKEN_COMMAND: set only one of them");
  const words = readCommand("PROBE_TOKEN_COMMAND", command, issues);
  return token ?? (words && tokenCommand(words, context));
}
