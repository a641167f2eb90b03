import { describe, expect, test } from "vitest";
import { secretLook } from "../../../src/rules/secretLooks.ts";

const guid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const hex = "9f86d081884c7d659a2feaa0c55ad015";
const base64 = "QmFzZTY0c2VjcmV0a2V5MTIzNDU2Nzg5MGFiY2RlZg==";

/** Names from public azd templates, bicep files and `.env` files, with values of the kinds found there. */
const harmless: Readonly<Record<string, string>> = {
  AZURE_KEY_VAULT_ENDPOINT: "https://kv-example.vault.azure.net/",
  AZURE_KEY_VAULT_NAME: "kv-example",
  OAUTH_TOKEN_URL: "https://login.example/token",
  TOKEN_TTL_SECONDS: "3600",
  PASSWORD_POLICY: "strict",
  SSL_KEY_FILE: "/certs/tls.key",
  DB_PASSWORD_FILE: "/run/secrets/db",
  SECRETS_DIR: "/run/secrets",
  PWD: "/app",
  GOOGLE_APPLICATION_CREDENTIALS: "path/to/credentials.json",
  SECRET_NAME: "db-password",
  API_KEY_HEADER_NAME: "x-api-key",
  AZURE_COSMOS_CONNECTION_STRING_KEY: "AZURE-COSMOS-CONNECTION-STRING",
  SESSION_KEY_ROTATION_DAYS: "30",
  ACCESS_TOKEN_EXPIRE_MINUTES: "30",
  MAX_TOKENS: "4000",
  TOKENIZERS_PARALLELISM: "false",
  ENABLE_TOKEN_AUTH: "true",
  CORS_ALLOW_CREDENTIALS: "true",
  USE_API_KEY: "false",
  AzureWebJobsStorage__credential: "managedidentity",
  AzureWebJobsStorage__managedIdentityResourceId: "/subscriptions/x/resourcegroups/y",
  APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${guid};IngestionEndpoint=https://x.example/`,
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: "Authorization=AAD",
  APPINSIGHTS_INSTRUMENTATIONKEY: guid,
  AZURE_CLIENT_ID: guid,
  SqlConnectionString: "Server=s.example; Database=d; Authentication=Active Directory Managed Identity",
  ConnectionStrings__cosmos: "AccountEndpoint=https://c.example:443/;",
  JWT_ALGORITHM: "HS256",
  AUTH_TOKEN_AUDIENCE: "api://x",
  JWT_PUBLIC_KEY: "-----BEGIN PUBLIC KEY-----",
  RECAPTCHA_SITE_KEY: "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ",
  PARTITION_KEY: "/tenantId",
  CACHE_KEY_PREFIX: "app:",
  REDIS_KEY: "jobs",
  REDIS_URL: "redis://localhost:6379",
  PG_URL: "postgresql://<user>:<password>@<host>:5432/<db>",
  DB_URL: "postgres://app:$(DB_PASSWORD)@db/x",
  DB_PASSWORD: "$(SHARED_PASSWORD)",
  PAD_TOKEN: "<pad>",
  KEY_ID: "key-2024-01",
  SESSION_TOKEN: "PT1H",
  EMPTY_SECRET: "",
  RUST_LOG: "info",
};

const secrets: Readonly<Record<string, readonly [value: string, look: string]>> = {
  OPENAI_APIKEY: ["plain", "a secret, judging by its name"],
  openAiApiKey: ["plain", "a secret, judging by its name"],
  API_KEY_2: ["plain", "a secret, judging by its name"],
  SECRET_KEY_BASE: ["plain", "a secret, judging by its name"],
  AZURE_CLIENT_SECRET: ["plain", "a secret, judging by its name"],
  AZURE_CREDENTIALS: ['{"clientSecret":"x"}', "a secret, judging by its name"],
  REDIS_PASSWORD_PROD: ["plain", "a secret, judging by its name"],
  PIN_PASSWORD: ["12345678", "a secret, judging by its name"],
  NGROK_AUTHTOKEN: ["plain", "a secret, judging by its name"],
  OCP_APIM_SUBSCRIPTION_KEY: ["plain", "a secret, judging by its name"],
  AZURE_DOCUMENT_INTELLIGENCE_KEY: [hex, "a secret, judging by its name"],
  ONE: [`sk-${hex}`, "an API key"],
  TWO: ["postgres://app:hunter2@db/x", "a URL with a password"],
  THREE: ["-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"],
  FOUR: ["eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4ifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ", "a JWT"],
  FIVE: [`AKIA${"A1".repeat(8)}`, "an AWS access key"],
  SIX: [`ghp_${"a1".repeat(18)}`, "an access token"],
  SEVEN: [`github_pat_${"a1".repeat(18)}`, "an access token"],
  EIGHT: [`AccountName=a;AccountKey=${base64}`, "a connection string with a secret"],
  NINE: [`Endpoint=sb://x.example/;SharedAccessKey=${base64}`, "a connection string with a secret"],
  TEN: ["Server=db;User Id=sa;Password=hunter2;", "a connection string with a secret"],
  ELEVEN: [`https://st.example/c?sv=1&sig=${base64}`, "a shared access signature"],
};

describe("a plain variable looks like a secret", () => {
  test.each(Object.entries(secrets))("%s", (name, [value, look]) => expect(secretLook(name, value)).toBe(look));
});

describe("a plain variable does not look like a secret", () => {
  test.each(Object.entries(harmless))("%s=%s", (name, value) => expect(secretLook(name, value)).toBeUndefined());
});

test("judges a long value quickly", () => {
  const started = performance.now();
  for (const part of ["a/", "eyJ", "a-", "://a:", "_PROD", "=;"]) secretLook(part.repeat(50_000), part.repeat(50_000));
  expect(performance.now() - started).toBeLessThan(2000);
});
