import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { type Issue, set } from "../messages/issues.ts";
import { parseGatewayFile } from "./gateway/parseGatewayFile.ts";
import { hints, isKnown, issue, type Replica, servingIssues, unsetIssue } from "./gateway/servingSentences.ts";

/** Bytes. Container Apps stores the file in a Kubernetes secret, which is limited to 1 MiB. */
const largest = 1024 * 1024;

/** Reads a file. If it can't, returns the reason as a clause such as `which cannot be read`. */
export type ReadFile = (path: string) => Uint8Array | string;

/** Checks the kind and size of the file before reading it, because reading a device or pipe may never end. */
export const readRegularFile: ReadFile = (path) => {
  try {
    const file = statSync(path);
    if (!file.isFile()) return "which is not a regular file";
    return file.size > largest ? `which has ${file.size} bytes` : readFileSync(path);
  } catch {
    return "which cannot be read";
  }
};

interface GatewayConfig {
  readonly content?: string;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
}

/**
 * Variables that every replica has: from Container Apps ("Built-in environment variables"), the runtime, upstream's
 * image and this program. Only the value of CONTAINER_APP_PORT matters here.
 */
const always = new Set([
  ...["NAME", "REVISION", "HOSTNAME", "ENV_DNS_SUFFIX", "REPLICA_NAME", "PORT"].map((end) => `CONTAINER_APP_${end}`),
  ...["HOSTNAME", "HOME", "PATH", "SSL_CERT_FILE", "AGENTGATEWAY_ENV", "SECRETS_DIGEST"],
  ...["CONNECTION_MIN_TERMINATION_DEADLINE", "CONNECTION_TERMINATION_DEADLINE"],
]);

/**
 * Reads the gateway's configuration and checks what it can without running the gateway. Messages show positions,
 * addresses and names of variables but no other content, because the file can contain keys of upstream servers.
 */
export function readGatewayConfig(path: string, replica: Replica, readFile: ReadFile): GatewayConfig {
  const refuse = (rule: string, got: string, wayOut: string): GatewayConfig => ({
    errors: [issue(rule, `'${path}', ${got}`, wayOut)],
    warnings: [],
  });
  const read = readFile(path);
  if (typeof read === "string") {
    const rule = `must be the path of a file of at most ${largest} bytes, relative to the project folder`;
    return refuse(rule, read, `create or shorten the file, or ${set("gatewayConfig", "PATH")}`);
  }
  if (!isUtf8(read)) return refuse("must be UTF-8", "which is not", `save '${path}' as UTF-8`);
  const content = Buffer.from(read).toString();
  const { variables } = replica;
  const usual = (name: string) => (always.has(name) ? String(replica.targetPort) : undefined);
  const lookup = (name: string) => (variables === undefined ? "x" : (variables.get(name) ?? usual(name)));
  const { value, error, unset, repeated } = parseGatewayFile(content, lookup);
  // Without values for all variables, nothing else about the file is certain.
  if (unset.length > 0) return { content, ...rate(replica, [unsetIssue(path, unset, replica)], []) };
  if (error !== undefined) {
    const got = `with an error at line ${error.line}, column ${error.col} (${error.code})`;
    return refuse("must be readable YAML", got, `fix '${path}' there`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const wayOut = "see https://agentgateway.dev/docs for the format";
    return refuse("must be a YAML mapping, as AgentGateway expects", `which contains ${kindOf(value)}`, wayOut);
  }
  if (variables === undefined) return { content, errors: [], warnings: [] };
  const issues = servingIssues(path, value, replica, lookup);
  return { content, ...rate(replica, issues, hints(path, value, repeated, lookup)) };
}

const rate = (replica: Replica, issues: readonly Issue[], warnings: readonly Issue[]): GatewayConfig =>
  isKnown(replica) ? { errors: issues, warnings } : { errors: [], warnings: [...issues, ...warnings] };

const kindOf = (value: unknown): string =>
  value === null ? "nothing" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
