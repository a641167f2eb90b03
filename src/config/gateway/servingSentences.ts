import { type Issue, set } from "../../messages/issues.ts";
import type { Lookup, UnsetVariable } from "./expandVariables.ts";
import { isUnrouted, ownAddresses, trafficPorts } from "./listeners.ts";
import { member } from "./members.ts";

/** What a replica gives the gateway. */
export interface Replica {
  readonly image: string;
  /** Port that the ingress forwards to; undefined if there is no ingress, or the port is not known. */
  readonly targetPort: number | undefined;
  /** Whether the ingress forwards TCP, so that the gateway may speak TLS. */
  readonly tcp: boolean;
  /** Environment variables that the configuration sets; undefined if they are not known. */
  readonly variables: ReadonlyMap<string, string> | undefined;
}

export const issue = (rule: string, got: string, wayOut: string): Issue => ({
  key: "gatewayConfig",
  rule,
  got,
  wayOut,
});
const when = (applies: boolean, ...said: Parameters<typeof issue>): Issue[] => (applies ? [issue(...said)] : []);

/** Whether it is certain what the file does: another image can set variables, and another version reads other files. */
export const isKnown = ({ image }: Replica): boolean =>
  /^(cr\.agentgateway\.dev|ghcr\.io\/agentgateway)\/agentgateway:v1\.4\./.test(image);

/** Names only what looks like a variable: other text after a dollar sign can be part of a password. */
export function unsetIssue(path: string, unset: readonly UnsetVariable[], replica: Replica): Issue {
  const rule = isKnown(replica)
    ? "must use only environment variables that are set: the gateway expands $NAME everywhere, also in comments, and exits if nothing sets NAME"
    : "uses environment variables that only the image can set; if it does not, the gateway exits";
  const each = unset.map(({ name, line }) => {
    return `${/^[A-Z_][A-Z0-9_]{0,63}$/.test(name) ? name : "a dollar sign"} at line ${line}`;
  });
  const got = [...each.slice(0, 5), ...(each.length > 5 ? [`${each.length - 5} more`] : [])].join(", ");
  return issue(rule, `'${path}', with ${got}`, `set env or secretEnv, or write \${NAME:-default}, or $$ for a $`);
}

const keys =
  "config, binds, frontendPolicies, policies, workloads, services, backends, routeGroups, gateways, routes, tcpRoutes, llm, mcp, ui";

/** What keeps the gateway from starting, the probes from passing, or the ingress from reaching it. */
export function servingIssues(path: string, value: object, { targetPort, tcp }: Replica, lookup: Lookup): Issue[] {
  const [ports, own] = [trafficPorts(value), ownAddresses(value, lookup)];
  const others = Object.keys(value).filter((key) => !keys.split(", ").includes(key)).length;
  const invalid = own.find(({ valid }) => !valid)?.key ?? "";
  const ready = own.find(({ key, valid }) => key === "config.readinessAddr" && valid);
  const all = [...own, ...ports].filter(({ port }) => port !== undefined);
  const taken = all.find(({ port }, at) => all.findIndex((other) => other.port === port) < at);
  const sources = ["xdsAddress", "localXdsPath", "storage"].map((key) => member(member(value, "config"), key));
  const partial = [...sources, lookup("XDS_ADDRESS"), lookup("LOCAL_XDS_PATH")].some((source) => source !== undefined);
  const reached = ports.find(({ port }) => port === targetPort);
  const found = ports.map(({ port }) => port).join(", ") || "no port";
  const change = `change it in '${path}'`;
  return [
    ...when(others > 0, `must have no top-level keys but ${keys}`, `'${path}', with others: ${others}`, change),
    ...when(invalid !== "", "must have addresses such as 0.0.0.0:15021, localhost:15000 or off", invalid, change),
    ...when(
      ready !== undefined && !(ready.everywhere && ready.port === 15_021),
      "must keep readiness on port 15021 of all interfaces, which the probes ask",
      `config.readinessAddr ${ready?.text}`,
      change,
    ),
    ...when(
      taken !== undefined,
      "must not use a port twice, because the second listener fails",
      `port ${taken?.port} in ${taken?.key} and before`,
      change,
    ),
    ...when(
      targetPort !== undefined && !partial && reached === undefined,
      "does not listen on targetPort, so the ingress cannot reach the gateway",
      `targetPort ${targetPort}, but the configuration listens on ${found}`,
      ports[0] ? set("targetPort", ports[0].port) : `add gateways to '${path}'`,
    ),
    ...when(
      reached?.tls === true && !tcp,
      "must not use TLS on targetPort: the ingress ends TLS and sends plain HTTP",
      `TLS on port ${targetPort}, in ${reached?.key}`,
      `remove it from '${path}'`,
    ),
  ];
}

/** What works, but may be a mistake. */
export function hints(path: string, value: object, duplicates: readonly number[], lookup: Lookup): Issue[] {
  const open = ownAddresses(value, lookup).find(({ key, port, local }) => key === "config.adminAddr" && port && !local);
  const repeated = "repeats keys of a mapping: the gateway refuses most of these, and takes the last of others";
  const unrouted = "has no route for /mcp, the path of the output mcpEndpoint";
  const at = `'${path}'`;
  return [
    ...when(duplicates.length > 0, repeated, `${at}, at line ${duplicates.join(", ")}`, "remove one of each two"),
    ...when(
      open !== undefined,
      "opens the admin interface to the network",
      `${open?.key} ${open?.text}`,
      "use localhost",
    ),
    ...when(isUnrouted(value, "/mcp"), unrouted, at, "add one, or give clients the path of yours"),
  ];
}
