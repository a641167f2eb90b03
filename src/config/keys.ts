import { tagNameRule, tagValueRule } from "../rules/tags.ts";
import { choice, cidrList, decimal, flag, type Key, secretNameList, text, textMap, wholeNumber } from "./valueKinds.ts";

/** The values of `environment`. */
export const environments = ["dev", "staging", "prod"] as const;

const lowerCase = {
  pattern: /^[a-z][a-z0-9-]*$/,
  rule: "must be lowercase letters, digits and hyphens, starting with a letter",
};
const stamp = {
  pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  rule: "must be lowercase letters and digits, optionally separated by single hyphens",
};
const region = { pattern: /^[A-Za-z][A-Za-z0-9 ]*$/, rule: "must be the name of an Azure region", example: "eastus2" };

/** NUL truncates a value; other control characters are there by mistake. Tabs and line breaks are needed, e.g. in PEM. */
const variableValue = (value: string): string | undefined =>
  /(?![\t\n\r])\p{Cc}/u.test(value) ? "must not contain control characters other than tabs and line breaks" : undefined;

/**
 * All configuration keys, which are also arguments of the component. `npm run docs` generates the table in
 * docs/configuration.md from them and their comments.
 */
export const keys = {
  /** Environment of this stack. Default: the stack's name, if it is one of these; otherwise required. */
  environment: choice(environments),
  /** First part of every name: `{baseName}-{environment}[-{deploymentStamp}]-{app|env|logs|rg}`. */
  baseName: text({
    ...lowerCase,
    default: "agw",
    example: "agw",
  }),
  /** Third part of every name; allows several deployments per environment. */
  deploymentStamp: text({ ...stamp, example: "eu1" }),
  /** Name of the container app. Default: composed, see `baseName`. */
  containerAppName: text(),
  /** Name of the Container Apps environment. Default: composed, see `baseName`. */
  environmentName: text(),
  /** Name of the Log Analytics workspace. Default: composed, see `baseName`. */
  workspaceName: text(),
  /** Name of the resource group. Default: composed, see `baseName`. */
  resourceGroupName: text(),
  /** Uses an existing resource group, which `pulumi destroy` keeps. */
  existingResourceGroup: flag({ default: false }),
  /**
   * Azure region. Changing it deletes the resource group and everything in it, and the stack can't be rebuilt under the
   * same names for 14 days. With `existingResourceGroup`, the group's region is used instead. The app runs in its
   * environment's region.
   */
  location: text({ ...region, default: "eastus2" }),
  /** Uses this Container Apps environment instead of creating one with a workspace. */
  existingEnvironmentName: text(),
  /** Resource group of `existingEnvironmentName`. Default: the app's resource group. */
  existingEnvironmentResourceGroup: text(),
  /** Container image with a tag or digest; `latest` is refused. */
  image: text({ default: "cr.agentgateway.dev/agentgateway:v1.4.1" }),
  /** Port that the gateway listens on; must match `gatewayConfig`. */
  targetPort: wholeNumber(1, 65_535, { default: 8080 }),
  /** Whether the app has an ingress. */
  ingress: flag({ default: true }),
  /** Whether the ingress is reachable from outside the environment. */
  external: flag({ default: true }),
  /** Ingress transport. Affinity does not work with `tcp`. */
  transport: choice(["auto", "http", "http2", "tcp"], { default: "auto" }),
  /** Revision mode. Affinity needs `Single`. */
  activeRevisionsMode: choice(["Single", "Multiple"], { default: "Single" }),
  /** vCPUs per replica, 0.25 to 4 in steps of 0.25. */
  cpu: decimal({ default: 1 }),
  /** Memory per replica. Must be 2 Gi per vCPU, which is also the default. */
  memory: text({
    example: "2Gi",
    pattern: /^\d+(\.\d+)?Gi$/,
    rule: "must be a number followed by Gi",
  }),
  /** Minimum number of replicas. Default: 2 in prod, otherwise 1. */
  minReplicas: wholeNumber(0, 1000, { example: 2 }),
  /** Maximum number of replicas. Default: 10 in prod, otherwise 3. */
  maxReplicas: wholeNumber(1, 1000, { example: 10 }),
  /** Number of concurrent requests per replica above which Container Apps adds a replica. */
  concurrentRequests: wholeNumber(1, 100_000, { default: 100 }),
  /** Session affinity: declared on the app, applied with the Azure CLI and verified. */
  enableStickySessions: flag({ default: true }),
  /** Confirms that affinity is off on purpose: silences the warning and tags the app. */
  acknowledgeNoAffinity: flag({ default: false }),
  /** Path of AgentGateway's configuration file, relative to the project folder; mounted as a secret volume. */
  gatewayConfig: text({ default: "gateway/config.yaml" }),
  /** Key that encrypts session IDs, 64 hex digits; `SESSION_KEY` of every replica. */
  sessionKey: text({
    pattern: /^[0-9a-fA-F]{64}$/,
    rule: "must be 64 hex digits",
    secret: true,
  }),
  /** Environment variables of the gateway. If Pulumi stores this key as a secret, they become secrets of the app. */
  env: textMap({ value: variableValue, hidden: true }),
  /** Environment variables whose values are stored as secrets of the app. */
  secretEnv: textMap({ value: variableValue, secret: true }),
  /** Seconds that in-flight calls have to finish when a replica stops. More than 240 only helps calls that report progress. */
  drainSeconds: wholeNumber(0, 590, { default: 30 }),
  /** Seconds that an update waits for the latest revision to become ready. */
  readySeconds: wholeNumber(10, 3600, { default: 300 }),
  /** Allows plain HTTP as well as HTTPS. */
  allowInsecure: flag({ default: false }),
  /** IPv4 ranges that are allowed to connect. Default: all. */
  ipAllow: cidrList(),
  /** How the ingress handles client certificates. */
  clientCertificateMode: choice(["ignore", "accept", "require"], { default: "ignore" }),
  /**
   * Secrets on the live app that updates may delete although this stack does not declare them. If the latest revision
   * uses one, an update overwrites it and the next one deletes it. Any other undeclared secret stops the update.
   */
  dropSecrets: secretNameList(),
  /**
   * Protects the resource group, workspace, environment, its diagnostic setting and the app from deletion and
   * replacement. Default: true in prod, otherwise false.
   */
  deletionProtection: flag(),
  /** Tags on every resource, in addition to `environment`. */
  tags: textMap({ name: tagNameRule, value: tagValueRule }),
} satisfies Record<string, Key<unknown>>;

/** Values of the keys; undefined for a key that is not set and has no default. */
export type Values = {
  readonly [K in keyof typeof keys]?: ((typeof keys)[K] extends Key<infer T> ? T : never) | undefined;
};
