import type { ParseArgsOptionsConfig } from "node:util";
import { type ProbeOptions, ProbeUsageError } from "../probe/index.ts";

export const probeFlags = {
  url: { type: "string" },
  path: { type: "string" },
  sessions: { type: "string" },
  calls: { type: "string" },
  json: { type: "boolean", default: false },
} as const satisfies ParseArgsOptionsConfig;

export const optionsHelp = [
  "  --url URL        the gateway; or GATEWAY_URL",
  "  --path PATH      of its MCP endpoint (/mcp)",
  "  --sessions N     sessions to open (50; at most 10,000)",
  "  --calls K        calls in each (5)",
  "  --json           the report as one JSON document (docs/probe.md has its schema)",
];

type Values = { readonly [name in keyof typeof probeFlags]?: string | boolean | undefined };

/** Turns the flags into options; numbers that are none become NaN, which the probe refuses by the flag's name. */
export function probeOptions(values: Values, positionals: readonly string[], env: NodeJS.ProcessEnv): ProbeOptions {
  if (positionals.length > 0) throw new ProbeUsageError([`'${positionals[0]}': the URL goes behind --url`]);
  const text = (name: keyof typeof probeFlags) => (typeof values[name] === "string" ? values[name] : undefined);
  const given = {
    path: text("path"),
    sessions: number(text("sessions")),
    calls: number(text("calls")),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { url: text("url") ?? env.GATEWAY_URL ?? "", ...options };
}

const number = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : text.trim() === "" ? Number.NaN : Number(text);
