import { isIP } from "node:net";
import type { Lookup } from "./expandVariables.ts";
import { listAt, member, members } from "./members.ts";

const speaks = (at: unknown, ...protocols: string[]): boolean => protocols.includes(String(member(at, "protocol")));

/**
 * Returns the ports that the gateway opens for traffic: the key in the file, and whether clients have to use TLS
 * (`convert` in crates/agentgateway/src/types/local.rs, 1.4.1).
 */
export const trafficPorts = (value: unknown) =>
  givenPorts(value).flatMap(({ key, port, tls }) => (isPort(port) ? [{ key, port, tls }] : []));

/** The keys whose ports the gateway cannot read: quoted, fractional or too large ones. */
export const unreadablePorts = (value: unknown): string[] =>
  givenPorts(value).flatMap(({ key, port }) => (port === undefined || port === null || isPort(port) ? [] : [key]));

const isPort = (port: unknown): port is number => Number.isInteger(port) && Number(port) >= 0 && Number(port) < 65_536;

function givenPorts(value: unknown) {
  const gateways = members(member(value, "gateways")).map(([name, at]) => {
    const parts = listAt(at, "listeners").length > 0 ? listAt(at, "listeners") : [at];
    const tls = parts.some((part) => speaks(part, "HTTPS", "TLS") || member(part, "tls") !== undefined);
    const http = parts.some((part) => !speaks(part, "TCP", "TLS"));
    return { key: "gateways", port: member(at, "port"), tls, isDefault: name === "default" && http };
  });
  const binds = listAt(value, "binds").filter((bind) => member(bind, "mode") !== "internal");
  /** `mcp` and `llm` open their own port unless they are attached to gateways: those they name, or `default`. */
  const alone = (key: string, usual: number) => {
    const at = member(value, key);
    const [port, tls] = [member(at, "port"), member(at, "tls") !== undefined];
    const named = [member(at, "gateways") ?? []].flat().length > 0;
    const attached = named || (port === undefined && !tls && gateways.some(({ isDefault }) => isDefault));
    return at === undefined || attached ? [] : [{ key, port: port ?? usual, tls }];
  };
  return [
    ...binds.map((bind) => {
      const tls = listAt(bind, "listeners").some((part) => speaks(part, "HTTPS", "TLS"));
      return { key: "binds", port: member(bind, "port"), tls };
    }),
    ...gateways,
    ...alone("mcp", 3000),
    ...alone("llm", 4000),
  ];
}

/** The routes of all listeners. */
export function routesIn(value: unknown): readonly unknown[] {
  const listeners = listAt(value, "binds").flatMap((bind) => listAt(bind, "listeners"));
  return [value, ...listeners].flatMap((at) => listAt(at, "routes"));
}

/** Whether there are routes, but none of them matches a path. */
export function isUnrouted(value: unknown, path: string): boolean {
  const routes = routesIn(value);
  const misses = (match: unknown) => {
    const [exact, prefix] = ["exact", "pathPrefix"].map((key) => member(member(match, "path"), key));
    if (typeof prefix === "string") return !`${path}/`.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
    return exact !== undefined && exact !== path;
  };
  // The top-level `mcp` serves /mcp on every gateway that it is attached to.
  const matches = [...routes, member(value, "mcp") ?? []].flat().flatMap((at) => member(at, "matches") ?? [undefined]);
  return routes.length > 0 && matches.every(misses);
}

/** Defaults of AgentGateway's addresses for operators and probes. Environment variables override the file. */
const usual = { adminAddr: "localhost:15000", statsAddr: "[::]:15020", readinessAddr: "[::]:15021" };

/**
 * Returns these addresses. `key` is where the address is set: a key of the file or an environment variable. `port` is
 * undefined if an address is off, a Unix socket or invalid.
 */
export function ownAddresses(value: unknown, lookup: Lookup) {
  return Object.entries(usual).map(([name, standard]) => {
    // READINESS_ADDR is refused in `env` and `secretEnv`.
    const variableName = name.replace("Addr", "_ADDR").toUpperCase();
    const variable = name === "readinessAddr" ? undefined : lookup(variableName);
    const text = variable ?? String(member(member(value, "config"), name) ?? standard);
    const [, six, other, digits] = /^(?:\[(.+)\]|([a-z]+|[\d.]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = six ?? other ?? "";
    const valid = Number(digits) < 65_536 && (host === "localhost" || isIP(host) === (six === undefined ? 4 : 6));
    const local = /^(localhost|127\..*|::1)$/.test(host);
    const rest = valid ? { valid, port: Number(digits) } : { valid: /^off$|^unix:./.test(text), port: undefined };
    const key = variable === undefined ? `config.${name}` : variableName;
    return {
      name,
      key,
      inFile: variable === undefined,
      text,
      local,
      everywhere: /^(0\.0\.0\.0|::)$/.test(host),
      ...rest,
    };
  });
}

/** Whether the file has an `oidc` policy anywhere. */
export function usesOidc(value: unknown): boolean {
  const inner: readonly unknown[] = Array.isArray(value) ? value : members(value).map(([, one]) => one);
  return ["policies", "policy"].some((key) => member(member(value, key), "oidc") !== undefined) || inner.some(usesOidc);
}
