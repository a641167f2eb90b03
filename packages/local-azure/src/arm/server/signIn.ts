import type { ArmReply } from "../router.ts";
import { equalSecrets, identity, type Tokens } from "../token.ts";

/** What the sign-in endpoints need. */
export interface SignIn {
  readonly tokens: Tokens;
  /** Value of the managed identity's header; also the service principal's secret. */
  readonly secret: string;
}

interface SignInRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** `https://host:port` as the client addressed it. */
  readonly origin: string;
  /** The raw body. Token requests are forms, not JSON. */
  readonly text: string;
}

/** Handles the endpoints that need no token. Returns undefined for any other path. */
export function signIn(request: SignInRequest, context: SignIn): ArmReply | undefined {
  const path = request.path.toLowerCase().replace(/\/+$/, "");
  if (path === "/metadata/endpoints") return metadata(request);
  if (path === "/msi/token") return managedIdentity(request, context);
  if (path.endsWith("/.well-known/openid-configuration")) return discovery(request);
  if (path === "/common/discovery/instance") return instances(request);
  if (path.endsWith("/oauth2/v2.0/token") || path.endsWith("/oauth2/token")) return clientCredentials(request, context);
  return undefined;
}

/**
 * App Service's managed identity endpoint, api-version 2019-08-01. az, @azure/identity and Go's azidentity all use it.
 */
function managedIdentity(request: SignInRequest, { tokens, secret }: SignIn): ArmReply {
  if (!equalSecrets(String(request.headers["x-identity-header"] ?? ""), secret)) {
    return {
      status: 401,
      body: { statusCode: 401, message: "The X-IDENTITY-HEADER header is missing or has the wrong value." },
    };
  }
  const resource = request.query.get("resource") ?? "";
  if (resource === "")
    return { status: 400, body: { statusCode: 400, message: "The parameter 'resource' is missing." } };
  const { token, expiresOn } = tokens.issue(resource);
  const body = {
    access_token: token,
    expires_on: String(expiresOn),
    resource,
    token_type: "Bearer",
    client_id: identity.principal,
  };
  return { status: 200, body };
}

/** OpenID Connect discovery, which tells MSAL where the token endpoint is. */
function discovery({ path, origin }: SignInRequest): ArmReply {
  const tenant = path.split("/").filter(Boolean)[0] ?? identity.tenant;
  const authority = `${origin}/${tenant}`;
  return {
    status: 200,
    body: {
      issuer: `${authority}/v2.0`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${authority}/oauth2/v2.0/devicecode`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      response_types_supported: ["token"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["HS256"],
    },
  };
}

function instances({ origin }: SignInRequest): ArmReply {
  const host = new URL(origin).host;
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${origin}/${identity.tenant}/v2.0/.well-known/openid-configuration`,
      "api-version": "1.1",
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
  };
}

/** OAuth 2.0 client credentials grant (RFC 6749, section 4.4), by which a service principal signs in. */
function clientCredentials({ text }: SignInRequest, { tokens, secret }: SignIn): ArmReply {
  const form = new URLSearchParams(text);
  const refuse = (status: number, error: string, description: string): ArmReply => ({
    status,
    body: { error, error_description: description },
  });
  const grant = form.get("grant_type") ?? "";
  if (grant !== "client_credentials") {
    return refuse(400, "unsupported_grant_type", `The local Azure does not support the grant type '${grant}'.`);
  }
  if (form.get("client_id") !== identity.principal || !equalSecrets(form.get("client_secret") ?? "", secret)) {
    return refuse(401, "invalid_client", "AADSTS7000215: Invalid client secret provided, or an unknown client id.");
  }
  const audience = form.get("resource") ?? (form.get("scope") ?? "").split(" ")[0]?.replace(/\/\.default$/, "") ?? "";
  const { token, expiresIn } = tokens.issue(audience);
  const body = { token_type: "Bearer", expires_in: expiresIn, ext_expires_in: expiresIn, access_token: token };
  return { status: 200, body };
}

/** `az cloud register` uses 2022-09-01 and expects one object. Clients with older versions expect a list of clouds. */
function metadata({ origin, query }: SignInRequest): ArmReply {
  const cloud = {
    name: "LocalAzure",
    portal: origin,
    authentication: {
      loginEndpoint: origin,
      audiences: [origin, `${origin}/`],
      tenant: identity.tenant,
      identityProvider: "AAD",
    },
    graph: origin,
    graphAudience: origin,
    microsoftGraphResourceId: origin,
    resourceManager: origin,
    gallery: origin,
    batch: origin,
    suffixes: {},
  };
  const one = (query.get("api-version") ?? "").localeCompare("2022-09-01") >= 0;
  return { status: 200, body: one ? cloud : [cloud] };
}
