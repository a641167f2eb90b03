import { identity } from "../arm/token.ts";

interface Addresses {
  readonly url: string;
  readonly secret: string;
  readonly azConfiguration: string;
  readonly caFile: string;
}

/**
 * Returns what `.local/env` exports. Each variable is read by at least one of az (requests), Node, Go (Pulumi),
 * @azure/identity and azure-native.
 */
export function exportedBy({ url, secret, azConfiguration, caFile }: Addresses): Record<string, string> {
  return {
    AZURE_CONFIG_DIR: azConfiguration,
    REQUESTS_CA_BUNDLE: caFile,
    NODE_EXTRA_CA_CERTS: caFile,
    SSL_CERT_FILE: caFile,
    IDENTITY_ENDPOINT: `${url}/msi/token`,
    IDENTITY_HEADER: secret,
    ARM_METADATA_HOSTNAME: new URL(url).host,
    ARM_SUBSCRIPTION_ID: identity.subscription,
    ARM_TENANT_ID: identity.tenant,
    ARM_USE_MSI: "true",
    ARM_MSI_ENDPOINT: `${url}/msi/token`,
    ...withoutProxy(process.env),
  };
}

/** Keeps az and other tools from using an HTTP proxy for this machine. Some read one spelling, some the other. */
function withoutProxy(env: NodeJS.ProcessEnv): { NO_PROXY: string; no_proxy: string } {
  const present = env.no_proxy || env.NO_PROXY;
  const hosts = present === "*" ? "*" : ["127.0.0.1", "localhost", present].filter(Boolean).join(",");
  return { NO_PROXY: hosts, no_proxy: hosts };
}
