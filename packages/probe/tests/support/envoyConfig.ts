const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });

export interface EnvoyListener {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The session cookie, which names the upstream; undefined for round robin. */
  readonly cookie?: string;
}

/** Returns an Envoy configuration with all listeners in front of the same upstreams on 127.0.0.1. */
export function envoyConfig(listeners: readonly EnvoyListener[], upstreams: readonly number[]): object {
  const endpoints = upstreams.map((upstream) => ({ endpoint: { address: address(upstream) } }));
  // The default of 1,024 would stall held streams.
  const most = { max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 };
  const cluster = {
    name: "app",
    type: "STATIC",
    connect_timeout: "1s",
    circuit_breakers: { thresholds: [most] },
    load_assignment: { cluster_name: "app", endpoints: [{ lb_endpoints: endpoints }] },
  };
  return { static_resources: { listeners: listeners.map(listenerConfig), clusters: [cluster] } };
}

function listenerConfig({ port, cookie }: EnvoyListener): object {
  const routes = [{ match: { prefix: "/" }, route: { cluster: "app", timeout: "240s" } }];
  const router = { "@type": type("filters.http.router.v3.Router") };
  const manager = {
    "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "in",
    use_remote_address: true,
    route_config: { virtual_hosts: [{ name: "app", domains: ["*"], routes }] },
    http_filters: [
      ...(cookie === undefined ? [] : [sessionState(cookie)]),
      { name: "envoy.filters.http.router", typed_config: router },
    ],
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  return { name: `in-${port}`, address: address(port), filter_chains: [{ filters }] };
}

function sessionState(cookie: string): object {
  const state = {
    "@type": type("http.stateful_session.cookie.v3.CookieBasedSessionState"),
    cookie: { name: cookie, path: "/" },
  };
  const session = {
    "@type": type("filters.http.stateful_session.v3.StatefulSession"),
    session_state: { name: "envoy.http.stateful_session.cookie", typed_config: state },
  };
  return { name: "envoy.filters.http.stateful_session", typed_config: session };
}
