import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { startTestApp } from "../../../../../tests/support/mcp/testApp.ts";
import { RevisionFailed } from "../../../src/dataPlane/contract/dataPlane.ts";

const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;
const real = runs("agentgateway", "--version") && runs("unshare", "--user", "--map-root-user", "--net", "true");

const path = "/config/config.yaml";
const readiness = { type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 } } as const;
const backends = "[{mcp: {targets: [{name: up, mcp: {host: http://127.0.0.1:9/mcp}}]}}]";
const oidc =
  "{issuer: https://id.example, clientId: a, clientSecret: b, redirectURI: https://a.example/c, authorizationEndpoint: https://id.example/a, tokenEndpoint: https://id.example/t, jwks: '{\"keys\": []}'}";
const routed = `routes: [{name: mcp, backends: ${backends}}]`;
const good = `gateways: {default: {port: 8080}}\n${routed}\n`;

// The default replica must do with the gateway's file what the real AgentGateway does.
describe.each([
  { name: "the default replica", command: undefined, there: true },
  {
    name: `agentgateway${real ? "" : " (skipped: needs it on the PATH, and unshare)"}`,
    command: "agentgateway",
    there: real,
  },
])("$name", ({ command, there }) => {
  const start = (content: string, failureThreshold = 20) => {
    const container = { name: "gateway", image: "i", env: {}, args: ["-f", path], files: { [path]: content } };
    const probe = { ...readiness, periodSeconds: 1, failureThreshold };
    return startTestApp({
      revision: { containers: [{ ...container, probes: [probe] }] },
      plane: command === undefined ? {} : { replicaCommand: command },
    });
  };

  describe.skipIf(!there).concurrent("reads the mounted file", () => {
    test.each([
      ["an unset variable, even in a comment", `${good}# $NOPE`, /error looking key 'NOPE' up/],
      ["unreadable YAML", `${good}a: [`, /invalid config/],
      ["an unknown top-level key", `${good}gateway: {}`, /gateway: unknown field/],
      ["a list", "- a", /invalid type/],
      [
        "oidc without the secret of its cookies",
        `gateways: {default: {port: 8080}}\nroutes: [{name: mcp, policies: {oidc: ${oidc}}, backends: ${backends}}]`,
        /OIDC_COOKIE_SECRET is required/,
      ],
      ["a port twice", `${good}config: {statsAddr: "0.0.0.0:8080"}`, /Address already in use/],
      ["readiness on loopback", `${good}config: {readinessAddr: "[::1]:15021"}`, /did not become ready/],
      ["readiness switched off", `${good}config: {readinessAddr: "off"}`, /did not become ready/],
    ])("fails the revision for %s", async (_what, content, message) => {
      const starting = start(content, 3);
      await expect(starting).rejects.toThrow(RevisionFailed);
      await expect(starting).rejects.toThrow(message);
    });

    test.each([
      ["another port", `gateways: {default: {port: 9000}}\n${routed}`],
      ["the default port of mcp", "mcp: {targets: []}"],
      ["no port", "config: {}"],
    ])("is ready, but answers no call, with %s", async (_what, content) => {
      await using app = await start(content);
      expect((await app.fetch(`${app.url}/mcp`, { method: "POST" })).status).toBeGreaterThanOrEqual(502);
    });

    test("answers only on the file's routes, with their headers", async () => {
      const set = "policies: {responseHeaderModifier: {set: {x-replica: $CONTAINER_APP_REPLICA_NAME}}}";
      const route = `routes: [{name: mcp, matches: [{path: {pathPrefix: /mcp}}], ${set}, backends: ${backends}}]`;
      await using app = await start(`gateways: {default: {port: \${CONTAINER_APP_PORT}}}\n${route}`);
      const [replica] = app.plane.replicas(app.appId, app.revision.revision);
      const asked = await app.fetch(`${app.url}/mcp`, { method: "POST", body: "{}" });
      expect(asked.status).toBeLessThan(500);
      expect(asked.headers.get("x-replica")).toBe(replica?.name);
      const { status, headers } = await app.fetch(`${app.url}/sse`);
      expect([status, headers.get("x-replica")]).toEqual([404, null]);
    });
  });
});
