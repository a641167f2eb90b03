import { type Document, isAlias, LineCounter, parseDocument, visit } from "yaml";
import { type Issue, set } from "../messages/issues.ts";

/** Bytes. Container Apps stores the file in a Kubernetes secret, which is limited to 1 MiB. */
const largestSecret = 1024 * 1024;

/** Reads a file; returns undefined if it cannot be read. */
export type ReadFile = (path: string) => string | undefined;

interface GatewayConfig {
  readonly content?: string;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
}

const issue = (rule: string, got: string, wayOut: string): Issue => ({ key: "gatewayConfig", rule, got, wayOut });

/**
 * Reads the gateway's configuration and checks what can be checked without running the gateway. Messages give positions
 * but never content, because the file can contain keys of upstream servers.
 */
export function readGatewayConfig(path: string, targetPort: number, readFile: ReadFile): GatewayConfig {
  const refuse = (rule: string, got: string, wayOut: string): GatewayConfig => ({
    errors: [issue(rule, `'${path}'${got}`, wayOut)],
    warnings: [],
  });
  const content = readFile(path);
  if (content === undefined) {
    const rule = "must be the path of a file, relative to the project folder";
    return refuse(rule, ", which cannot be read", `create the file, or ${set("gatewayConfig", "PATH")}`);
  }
  const size = Buffer.byteLength(content);
  if (size > largestSecret) {
    const rule = `must be at most ${largestSecret} bytes, the maximum size of a secret`;
    return refuse(rule, ` of ${size} bytes`, "shorten it, or have the gateway load parts of it from elsewhere");
  }
  const parsed = parseYaml(content);
  if ("code" in parsed) {
    const { line, column, code } = parsed;
    return refuse(
      "must be readable YAML",
      `, with an error at line ${line}, column ${column} (${code})`,
      `fix '${path}' there`,
    );
  }
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const rule = "must be a YAML mapping, as AgentGateway expects";
    return refuse(rule, `, which contains ${kindOf(value)}`, "see https://agentgateway.dev/docs for the format");
  }
  return { content, errors: [], warnings: portWarning(value, targetPort) };
}

/** Parses YAML; for an error returns its position and code. */
function parseYaml(
  content: string,
): { readonly value: unknown } | { readonly line: number; readonly column: number; readonly code: string } {
  const lines = new LineCounter();
  // Warnings would go to stderr and quote the file.
  const document = parseDocument(content, { lineCounter: lines, logLevel: "error" });
  const wrongAt = (offset: number, code: string) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, code };
  };
  // Later errors mostly follow from the first.
  const [error] = document.errors;
  if (error !== undefined) return wrongAt(error.pos[0], error.code);
  try {
    return { value: document.toJS() };
  } catch {
    // Aliases are resolved only here, and the parser's message would quote them.
    const { first, unresolved } = aliases(document);
    return unresolved === undefined ? wrongAt(first ?? 0, "TOO_MANY_ALIASES") : wrongAt(unresolved, "UNRESOLVED_ALIAS");
  }
}

/** Offsets of the first alias, and of the first alias without an earlier anchor. */
function aliases(document: Document): { first: number | undefined; unresolved: number | undefined } {
  const anchors = new Set<string>();
  const found: { offset: number; resolved: boolean }[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) found.push({ offset: node.range?.[0] ?? 0, resolved: anchors.has(node.source) });
      else if (node.anchor !== undefined) anchors.add(node.anchor);
    },
  });
  return { first: found[0]?.offset, unresolved: found.find(({ resolved }) => !resolved)?.offset };
}

function portWarning(value: object, targetPort: number): Issue[] {
  const ports = listenPorts(value);
  if (ports.length === 0 || ports.includes(targetPort)) return [];
  const rule = "does not listen on targetPort, so the ingress cannot reach the gateway";
  const got = `targetPort ${targetPort}, but the configuration listens on ${ports.join(", ")}`;
  return [issue(rule, got, set("targetPort", ports[0] ?? targetPort))];
}

/** Ports that AgentGateway listens on: those of `binds` and of the short forms `mcp` and `llm`. */
function listenPorts(value: object): number[] {
  const { binds, mcp, llm } = value as { binds?: unknown; mcp?: { port?: unknown }; llm?: { port?: unknown } };
  const all = [...(Array.isArray(binds) ? binds : []), mcp, llm].map(
    (bind: { port?: unknown } | null | undefined) => bind?.port,
  );
  return all.filter((port): port is number => typeof port === "number");
}

const kindOf = (value: unknown): string =>
  value === null ? "nothing" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
