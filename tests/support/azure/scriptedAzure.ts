import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { identity } from "../../../packages/local-azure/src/arm/token.ts";
import { writeAzConfiguration } from "../../../packages/local-azure/src/host/azConfiguration.ts";
import { createAuthority } from "../../../packages/local-azure/src/host/pki.ts";

/** An answer; `hang` never answers and keeps the connection open; `drop` closes it. */
export type Reply = { readonly status: number; readonly body?: unknown; readonly text?: string } | "hang" | "drop";

/** An error in the format of Azure Resource Manager. */
export const armError = (status: number, code: string, message: string): Reply => ({
  status,
  body: { error: { code, message } },
});

/**
 * The part of Azure and Microsoft Entra ID that `az containerapp ingress sticky-sessions set` and `show` use, over
 * HTTPS on loopback. Tests choose the answers, to test the real CLI with errors that the local Azure does not produce.
 */
export interface ScriptedAzure extends AsyncDisposable {
  /** Environment of az: a configuration with a managed identity, and the certificate authority to trust. */
  readonly environment: NodeJS.ProcessEnv;
  /** Calls so far, such as `GET /path`. */
  readonly calls: string[];
  /** Returns an answer instead of success. */
  reply: (call: { readonly method: string; readonly path: string }) => Reply | undefined;
}

const app = {
  name: "app",
  properties: {
    provisioningState: "Succeeded",
    configuration: { ingress: { stickySessions: { affinity: "sticky" } } },
  },
};

export async function startScriptedAzure(): Promise<ScriptedAzure> {
  const directory = await mkdtemp(join(tmpdir(), "agw-scripted-"));
  const authority = await createAuthority(join(directory, "pki"));
  const server = createServer(authority.issue(["127.0.0.1", "localhost"]));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = join(directory, "azure");
  await writeAzConfiguration(folder, origin, join(import.meta.dirname, "..", "..", "..", ".local", "az"));
  const scripted: ScriptedAzure = {
    environment: {
      PATH: process.env.PATH,
      AZURE_CONFIG_DIR: folder,
      REQUESTS_CA_BUNDLE: authority.caFile,
      IDENTITY_ENDPOINT: `${origin}/msi/token`,
      IDENTITY_HEADER: "secret",
      NO_PROXY: "127.0.0.1",
      no_proxy: "127.0.0.1",
    },
    calls: [],
    reply: () => undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await removeDirectory(directory);
    },
  };
  server.on("request", (request, response) => {
    const call = { method: request.method ?? "", path: new URL(request.url ?? "/", origin).pathname };
    scripted.calls.push(`${call.method} ${call.path}`);
    request.resume().on("end", () => {
      const reply = scripted.reply(call) ?? success(call.path, origin);
      if (reply === "hang") return;
      if (reply === "drop") return void request.socket.destroy();
      response.writeHead(reply.status, { "content-type": "application/json" });
      response.end(reply.text ?? JSON.stringify(reply.body ?? {}));
    });
  });
  return scripted;
}

function success(path: string, origin: string): Reply {
  const token = `${encode({ alg: "none" })}.${encode({ tid: identity.tenant, oid: "o", sub: "s" })}.x`;
  if (path === "/msi/token") {
    const expires_on = String(Math.floor(Date.now() / 1000) + 86_400);
    return { status: 200, body: { access_token: token, expires_on, token_type: "Bearer", resource: origin } };
  }
  if (path.endsWith("/.well-known/openid-configuration")) {
    const authority = `${origin}/${path.split("/")[1]}`;
    const issuer = `${authority}/v2.0`;
    const endpoint = (name: string): string => `${authority}/oauth2/v2.0/${name}`;
    const body = { issuer, authorization_endpoint: endpoint("authorize"), token_endpoint: endpoint("token") };
    return { status: 200, body };
  }
  // Valid for less than the five minutes that MSAL requires, so each call of az requests a new one.
  if (path.endsWith("/oauth2/v2.0/token")) {
    return { status: 200, body: { access_token: token, expires_in: 60, token_type: "Bearer" } };
  }
  if (path === "/subscriptions") {
    const { subscription, tenant } = identity;
    const one = { subscriptionId: subscription, displayName: "One", state: "Enabled", tenantId: tenant };
    return { status: 200, body: { value: [{ id: `/subscriptions/${subscription}`, ...one }] } };
  }
  if (path.endsWith("/providers/Microsoft.App")) return { status: 200, body: { registrationState: "Registered" } };
  return { status: 200, body: app };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
