import { type Issue, set, setMember } from "../../messages/issues.ts";
import type { Lookup } from "./expandVariables.ts";
import { isUnrouted, ownAddresses, trafficPorts, unreadablePorts, usesOidc } from "./listeners.ts";
import { member } from "./members.ts";

/** What the gateway's replica and ingress give it. An undefined property is not known. */
export interface Replica {
  readonly image: string;
  /** Also undefined if there is no ingress. */
  readonly targetPort: number | undefined;
  /** Whether the ingress forwards TCP, so that the gateway can terminate TLS itself. */
  readonly tcp: boolean;
  readonly variables: ReadonlyMap<string, string> | undefined;
}

export const issue = (rule: string, got: string, wayOut: string): Issue => ({
  key: "gatewayConfig",
  rule,
  got,
  wayOut,
});
const when = (applies: boolean, ...said: Parameters<typeof issue>): Issue[] => (applies ? [issue(...said)] : []);

const keys =
  "config, binds, frontendPolicies, policies, workloads, services, backends, routeGroups, gateways, routes, tcpRoutes, llm, mcp, ui";
const rules = {
  unset:
    "must use only environment variables that are set: the gateway expands $NAME everywhere, even in comments, and exits if NAME is not set",
  unclear:
    "uses environment variables that this configuration does not set: the gateway exits unless the image sets them",
  keys: `must only have these top-level keys: ${keys}`,
  address: "must only have addresses such as 0.0.0.0:15021, localhost:15000 or off",
  oidc: "must not use oidc unless OIDC_COOKIE_SECRET is set, because the gateway exits without it",
  readiness: "must keep readiness on port 15021 of all interfaces, because the probes use it",
  twice: "must use each port only once, because a second listener fails",
  number: "must have ports that are numbers from 1 to 65535, without quotation marks",
  port: "must listen on targetPort, or the ingress cannot reach the gateway",
  tls: "must not use TLS on targetPort: the ingress terminates TLS and sends plain HTTP",
  repeated:
    "repeats keys within a mapping: the gateway refuses most repeated keys, and uses the last value of the others",
  admin: "opens the admin interface to the network",
  route: "has no route for /mcp, the path in the output mcpEndpoint",
};

/** Whether it is known how the gateway reads the file. Other images can set variables; other versions can differ. */
export const isKnown = ({ image }: Replica): boolean =>
  /^(cr\.agentgateway\.dev|ghcr\.io\/agentgateway)\/agentgateway:v1\.4\./.test(image);

/** Shows a name only if it looks like a variable: other text after a dollar sign can be part of a password. */
export function unsetIssue(path: string, unset: readonly { name: string; line: number }[], replica: Replica): Issue {
  const named = (name: string) => (/^[A-Z_][A-Z0-9_]{0,63}$/.test(name) ? name : "a dollar sign");
  const each = unset.map(({ name, line }) => `${named(name)} at line ${line}`);
  const got = [...each.slice(0, 5), ...(each.length > 5 ? [`${each.length - 5} more`] : [])].join(", ");
  const wayOut = `add them to env or secretEnv, or write \${NAME:-default}, or write $$ for a dollar sign`;
  return issue(isKnown(replica) ? rules.unset : rules.unclear, `'${path}', with ${got}`, wayOut);
}

/** Returns what prevents the gateway from starting, passing its probes, or being reached by the ingress. */
export function servingIssues(path: string, value: object, { targetPort, tcp }: Replica, lookup: Lookup): Issue[] {
  const [ports, own] = [trafficPorts(value), ownAddresses(value, lookup)];
  const others = Object.keys(value).filter((key) => !keys.split(", ").includes(key)).length;
  const invalid = own.find(({ valid }) => !valid);
  const moved = own.find(({ name, valid, everywhere, port }) => {
    return name === "readinessAddr" && valid && !(everywhere && port === 15_021);
  });
  const all = [...own, ...ports].filter(({ port }) => port);
  const taken = all.find(({ port }, at) => all.findIndex((other) => other.port === port) < at);
  const sources = ["xdsAddress", "localXdsPath", "storage"].map((key) => member(member(value, "config"), key));
  const partial = [...sources, lookup("XDS_ADDRESS"), lookup("LOCAL_XDS_PATH")].some((source) => source !== undefined);
  const [unreadable] = unreadablePorts(value);
  const reached = ports.find(({ port }) => port === targetPort);
  const lost = targetPort !== undefined && !partial && reached === undefined && unreadable === undefined;
  const next = ports.find(({ port }) => port > 0)?.port;
  const found = `targetPort ${targetPort}, but the configuration listens on ${ports.map(({ port }) => port).join(", ") || "no port"}`;
  const change = `change it in '${path}'`;
  const cookieless = lookup("OIDC_COOKIE_SECRET") === undefined && usesOidc(value);
  return [
    ...when(others > 0, rules.keys, `'${path}', with unknown keys: ${others}`, change),
    ...when(
      invalid !== undefined,
      rules.address,
      `${invalid?.key}`,
      invalid?.inFile ? change : "change it in env or secretEnv",
    ),
    ...when(cookieless, rules.oidc, `'${path}'`, setMember("secretEnv", "OIDC_COOKIE_SECRET")),
    ...when(moved !== undefined, rules.readiness, `${moved?.key} ${moved?.text}`, change),
    ...when(taken !== undefined, rules.twice, `port ${taken?.port}, used again in ${taken?.key}`, change),
    ...when(unreadable !== undefined, rules.number, `an invalid port, in ${unreadable}`, change),
    ...when(lost, rules.port, found, next ? set("targetPort", next) : `add gateways to '${path}'`),
    ...when(reached?.tls === true && !tcp, rules.tls, `TLS on port ${targetPort}, in ${reached?.key}`, change),
  ];
}

/** Returns warnings about what works but may be a mistake. */
export function hints(path: string, value: object, repeated: readonly number[], lookup: Lookup): Issue[] {
  const open = ownAddresses(value, lookup).find(({ name, port, local }) => name === "adminAddr" && port && !local);
  return [
    ...when(repeated.length > 0, rules.repeated, `'${path}', at line ${repeated.join(", ")}`, "remove the duplicates"),
    ...when(open !== undefined, rules.admin, `${open?.key} ${open?.text}`, "set it to localhost:15000"),
    ...when(isUnrouted(value, "/mcp"), rules.route, `'${path}'`, "add one, or give clients the path of your route"),
  ];
}
