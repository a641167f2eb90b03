import { type Issue, set } from "../../messages/issues.ts";
import type { Lookup } from "./expandVariables.ts";
import { isUnrouted, ownAddresses, trafficPorts, unreadablePorts } from "./listeners.ts";
import { member } from "./members.ts";

/** What the gateway gets from its replica and the ingress; undefined if that is not known. */
export interface Replica {
  readonly image: string;
  /** Undefined if there is no ingress, too. */
  readonly targetPort: number | undefined;
  /** Whether the ingress forwards TCP, so that the gateway may speak TLS. */
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
    "must use only environment variables that are set: the gateway expands $NAME everywhere, also in comments, and exits if nothing sets NAME",
  unclear: "uses environment variables that only the image can set; if it does not, the gateway exits",
  keys: `must have no top-level keys but ${keys}`,
  address: "must have addresses such as 0.0.0.0:15021, localhost:15000 or off",
  readiness: "must keep readiness on port 15021 of all interfaces, which the probes ask",
  twice: "must not use a port twice, because the second listener fails",
  number: "must have ports that are numbers from 1 to 65535, without quotation marks",
  port: "does not listen on targetPort, so the ingress cannot reach the gateway",
  tls: "must not use TLS on targetPort: the ingress ends TLS and sends plain HTTP",
  repeated: "repeats keys of a mapping: the gateway refuses most of these, and takes the last of others",
  admin: "opens the admin interface to the network",
  route: "has no route for /mcp, the path of the output mcpEndpoint",
};

/** Whether it is certain what the file does: another image can set variables, and another version reads other files. */
export const isKnown = ({ image }: Replica): boolean =>
  /^(cr\.agentgateway\.dev|ghcr\.io\/agentgateway)\/agentgateway:v1\.4\./.test(image);

/** Names only what looks like a variable: other text after a dollar sign can be part of a password. */
export function unsetIssue(path: string, unset: readonly { name: string; line: number }[], replica: Replica): Issue {
  const named = (name: string) => (/^[A-Z_][A-Z0-9_]{0,63}$/.test(name) ? name : "a dollar sign");
  const each = unset.map(({ name, line }) => `${named(name)} at line ${line}`);
  const got = [...each.slice(0, 5), ...(each.length > 5 ? [`${each.length - 5} more`] : [])].join(", ");
  const wayOut = `add them to env or secretEnv, or write \${NAME:-default}, or $$ for a dollar sign`;
  return issue(isKnown(replica) ? rules.unset : rules.unclear, `'${path}', with ${got}`, wayOut);
}

/** What keeps the gateway from starting, the probes from passing, or the ingress from reaching it. */
export function servingIssues(path: string, value: object, { targetPort, tcp }: Replica, lookup: Lookup): Issue[] {
  const [ports, own] = [trafficPorts(value), ownAddresses(value, lookup)];
  const others = Object.keys(value).filter((key) => !keys.split(", ").includes(key)).length;
  const invalid = own.find(({ valid }) => !valid);
  const moved = own.find(({ key, valid, everywhere, port }) => {
    return key === "config.readinessAddr" && valid && !(everywhere && port === 15_021);
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
  return [
    ...when(others > 0, rules.keys, `'${path}', with others: ${others}`, change),
    ...when(invalid !== undefined, rules.address, `${invalid?.key}`, change),
    ...when(moved !== undefined, rules.readiness, `${moved?.key} ${moved?.text}`, change),
    ...when(taken !== undefined, rules.twice, `port ${taken?.port}, used again in ${taken?.key}`, change),
    ...when(unreadable !== undefined, rules.number, `an invalid port, in ${unreadable}`, change),
    ...when(lost, rules.port, found, next ? set("targetPort", next) : `add gateways to '${path}'`),
    ...when(reached?.tls === true && !tcp, rules.tls, `TLS on port ${targetPort}, in ${reached?.key}`, change),
  ];
}

/** What works, but may be a mistake. */
export function hints(path: string, value: object, repeated: readonly number[], lookup: Lookup): Issue[] {
  const open = ownAddresses(value, lookup).find(({ key, port, local }) => key === "config.adminAddr" && port && !local);
  return [
    ...when(repeated.length > 0, rules.repeated, `'${path}', at line ${repeated.join(", ")}`, "remove one of each two"),
    ...when(open !== undefined, rules.admin, `${open?.key} ${open?.text}`, "set it to localhost:15000"),
    ...when(isUnrouted(value, "/mcp"), rules.route, `'${path}'`, "add one, or give clients the path of yours"),
  ];
}
