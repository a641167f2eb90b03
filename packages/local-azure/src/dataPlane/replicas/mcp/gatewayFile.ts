import { parseDocument } from "yaml";

/** What AgentGateway 1.4 does with its configuration file, as far as probes and MCP clients can tell. */
export interface GatewayFile {
  /** Whether it answers plain HTTP on the port. */
  listensOn(port: number): boolean;
  /** Whether the probes reach its readiness port, 15021 on all interfaces. */
  readonly isProbed: boolean;
  /** Headers that the route for a path adds to responses; undefined if no route matches the path. */
  headersFor(path: string): Readonly<Record<string, string>> | undefined;
}

interface Section {
  readonly port?: number;
  readonly gateways?: string | readonly string[];
  readonly tls?: object;
  readonly protocol?: string;
}

interface Route {
  readonly matches?: readonly { readonly path?: { readonly exact?: string; readonly pathPrefix?: string } }[];
  readonly policies?: { readonly responseHeaderModifier?: { readonly set?: Readonly<Record<string, string>> } };
}

interface Listener extends Section {
  readonly listeners?: readonly (Section & { readonly routes?: readonly Route[] })[];
  readonly mode?: string;
}

interface Content {
  readonly config?: Readonly<Record<string, string>>;
  readonly binds?: readonly Listener[];
  readonly gateways?: Readonly<Record<string, Listener>>;
  readonly routes?: readonly Route[];
  readonly mcp?: Section & Route;
  readonly llm?: Section;
}

const topLevel =
  /^(config|binds|frontendPolicies|policies|workloads|services|backends|routeGroups|gateways|routes|tcpRoutes|llm|mcp|ui)$/;

/** Reads the file. @throws Error with a message like the gateway's if the gateway would exit */
export function readGatewayFile(text: string, env: NodeJS.ProcessEnv): GatewayFile {
  const content = parseContent(expand(text, env));
  const { config = {}, binds = [], gateways = {}, routes = [], mcp, llm } = content;
  const listeners = [
    ...binds.filter(({ mode }) => mode !== "internal"),
    ...Object.values(gateways),
    ...alone(mcp, 3000, gateways.default),
    ...alone(llm, 4000, gateways.default),
  ];
  const ownPorts = [
    env.ADMIN_ADDR ?? config.adminAddr ?? "localhost:15000",
    env.STATS_ADDR ?? config.statsAddr ?? ":15020",
  ];
  if (env.OIDC_COOKIE_SECRET === undefined && usesOidc(content)) {
    throw new Error("OIDC_COOKIE_SECRET is required when oidc is configured");
  }
  const readiness = config.readinessAddr ?? "[::]:15021";
  const ports = [...ownPorts, readiness].map((address) => Number(address.split(":").at(-1))).filter((port) => port > 0);
  if ([...ports, ...listeners.map(({ port }) => port)].some((port, at, all) => all.indexOf(port) < at)) {
    throw new Error("Address already in use (os error 98)");
  }
  const speaksTls = ({ protocol = "", tls }: Section) => tls !== undefined || ["HTTPS", "TLS"].includes(protocol);
  const all = [...binds, ...Object.values(gateways)].flatMap((listener) => listener.listeners ?? []);
  const taking = [...routes, ...all.flatMap((listener) => listener.routes ?? []), ...(mcp ? [mcp] : [])];
  return {
    listensOn: (wanted) => {
      const there = listeners.find(({ port }) => port === wanted);
      return there !== undefined && ![there, ...(there.listeners ?? [])].some(speaksTls);
    },
    isProbed: /^(\[::\]|0\.0\.0\.0):15021$/.test(readiness),
    headersFor: (path) => {
      const route = taking.find((one) => takes(one, path));
      return route && (route.policies?.responseHeaderModifier?.set ?? {});
    },
  };
}

/** `mcp` and `llm` open their own port unless they are attached to a gateway. */
function alone(section: Section | undefined, usual: number, standard: object | undefined): Listener[] {
  if (section === undefined || [section.gateways ?? []].flat().length > 0) return [];
  if (standard !== undefined && section.port === undefined && section.tls === undefined) return [];
  return [{ ...section, port: section.port ?? usual }];
}

function takes({ matches }: Route, path: string): boolean {
  return (matches ?? [{}]).some(({ path: { exact, pathPrefix } = {} }) => {
    if (pathPrefix !== undefined)
      return `${path}/`.startsWith(pathPrefix.endsWith("/") ? pathPrefix : `${pathPrefix}/`);
    return exact === undefined || exact === path;
  });
}

function usesOidc(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { policies, policy } = value as { readonly policies?: object; readonly policy?: object };
  const has = (one?: object) => typeof one === "object" && one !== null && "oidc" in one;
  return has(policies) || has(policy) || Object.values(value).some(usesOidc);
}

/** Expands variables everywhere in the text, even in comments. */
function expand(text: string, env: NodeJS.ProcessEnv): string {
  const source = text.replaceAll("# yaml-language-server: $schema", "#");
  return source.replace(
    /\$(?:\$|\{([^}]*)\}|([\p{Alphabetic}\p{N}_]+))/gu,
    (whole, braced?: string, plain?: string) => {
      if (whole === "$$") return "$";
      const [name = "", ...rest] = braced?.split(":-") ?? [plain];
      const value = env[name] ?? (rest.length > 0 ? rest.join(":-") : undefined);
      if (value === undefined) throw new Error(`error looking key '${name}' up: environment variable not found`);
      return value;
    },
  );
}

function parseContent(text: string): Content {
  const document = parseDocument(text, { logLevel: "error", prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`invalid config: ${error.message}`);
  const content: unknown = document.toJS();
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new Error("invalid config: invalid type, expected struct NestedRawConfig");
  }
  const unknown = Object.keys(content).find((key) => !topLevel.test(key));
  if (unknown !== undefined) throw new Error(`${unknown}: unknown field \`${unknown}\``);
  return content;
}
