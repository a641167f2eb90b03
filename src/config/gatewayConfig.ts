import { type Document, isAlias, LineCounter, parseDocument, visit } from "yaml";
import { type Issue, set } from "../messages/issues.ts";

/** A Kubernetes secret, which Container Apps keeps these in, holds at most 1 MiB. */
const largestSecret = 1024 * 1024;

/** Reads a file; undefined where there is none. */
export type ReadFile = (path: string) => string | undefined;

interface GatewayConfig {
  readonly content?: string;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
}

const issue = (rule: string, got: string, wayOut: string): Issue => ({ key: "gatewayConfig", rule, got, wayOut });

/**
 * Reads the gateway's configuration and checks what can be checked without the gateway. Messages say where, never what:
 * the file may hold keys of upstream servers.
 */
export function readGatewayConfig(path: string, targetPort: number, readFile: ReadFile): GatewayConfig {
  const refuse = (rule: string, got: string, wayOut: string): GatewayConfig => ({
    errors: [issue(rule, `'${path}'${got}`, wayOut)],
    warnings: [],
  });
  const content = readFile(path);
  if (content === undefined) {
    const rule = "must be the path of a file, from the project's folder";
    return refuse(rule, ", which cannot be read", set("gatewayConfig", "gateway/config.yaml"));
  }
  const size = Buffer.byteLength(content);
  if (size > largestSecret) {
    const rule = `must be at most ${largestSecret} bytes, the size of a secret`;
    return refuse(rule, ` of ${size} bytes`, "split it, or let the gateway read parts of it from elsewhere");
  }
  const parsed = parseYaml(content);
  if ("code" in parsed) {
    const { line, column, code } = parsed;
    return refuse("must be YAML", `, wrong at line ${line}, column ${column} (${code})`, `mend '${path}' there`);
  }
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const rule = "must be a YAML mapping, as AgentGateway's configuration is";
    return refuse(rule, `, which holds ${kindOf(value)}`, "see gateway/config.yaml for one that works");
  }
  return { content, errors: [], warnings: portWarning(value, targetPort) };
}

/** The value of a YAML text, or where and by which code it is none. */
function parseYaml(
  content: string,
): { readonly value: unknown } | { readonly line: number; readonly column: number; readonly code: string } {
  const lines = new LineCounter();
  // Its warnings would go to stderr, with what they are about.
  const document = parseDocument(content, { lineCounter: lines, logLevel: "error" });
  const wrongAt = (offset: number, code: string) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, code };
  };
  // The first error is the cause; those after it mostly follow from it.
  const [error] = document.errors;
  if (error !== undefined) return wrongAt(error.pos[0], error.code);
  try {
    return { value: document.toJS() };
  } catch {
    // Aliases are only followed now; the parser's message would quote them.
    const { first, unresolved } = aliases(document);
    return unresolved === undefined ? wrongAt(first ?? 0, "TOO_MANY_ALIASES") : wrongAt(unresolved, "UNRESOLVED_ALIAS");
  }
}

/** Where the first alias is, and the first whose anchor is nowhere before it. */
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
  const rule = "does not listen on targetPort: the ingress will reach nobody";
  const got = `targetPort ${targetPort}, and a configuration that listens on ${ports.join(", ")}`;
  return [issue(rule, got, set("targetPort", ports[0] ?? targetPort))];
}

/** The ports that AgentGateway will listen on: those of `binds`, and of the short forms `mcp` and `llm`. */
function listenPorts(value: object): number[] {
  const { binds, mcp, llm } = value as { binds?: unknown; mcp?: { port?: unknown }; llm?: { port?: unknown } };
  const all = [...(Array.isArray(binds) ? binds : []), mcp, llm].map(
    (bind: { port?: unknown } | null | undefined) => bind?.port,
  );
  return all.filter((port): port is number => typeof port === "number");
}

const kindOf = (value: unknown): string =>
  value === null ? "nothing" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
