import { defaults } from "../args.ts";
import { environments } from "../rules/facts.ts";
import { choice, cidrList, decimal, flag, type Key, secretNameList, text, textMap, wholeNumber } from "./valueKinds.ts";

const lowerCase = {
  pattern: /^[a-z][a-z0-9-]*$/,
  rule: "must be lowercase letters, digits and hyphens, starting with a letter",
};
const stamp = {
  pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  rule: "must be lowercase letters and digits, optionally separated by single hyphens",
};
const region = { pattern: /^[A-Za-z][A-Za-z0-9 ]*$/, rule: "must be the name of an Azure region", example: "eastus2" };

/** All configuration keys. `npm run docs` generates the table in docs/configuration.md from them. */
export const keys = {
  environment: choice(environments, {
    description: "Environment of this stack. Default: the stack's name, if it is one of these; otherwise required.",
  }),
  baseName: text({
    ...lowerCase,
    default: "agw",
    example: "agw",
    description: "First part of every name: `{baseName}-{environment}[-{deploymentStamp}]-{app\\|env\\|logs\\|rg}`.",
  }),
  deploymentStamp: text({
    ...stamp,
    example: "eu1",
    description: "Third part of every name; allows several deployments per environment.",
  }),
  containerAppName: text({ description: "Name of the container app. Default: composed, see `baseName`." }),
  environmentName: text({ description: "Name of the Container Apps environment. Default: composed, see `baseName`." }),
  workspaceName: text({ description: "Name of the Log Analytics workspace. Default: composed, see `baseName`." }),
  resourceGroupName: text({ description: "Name of the resource group. Default: composed, see `baseName`." }),
  existingResourceGroup: flag({
    default: defaults.existingResourceGroup,
    description: "Uses an existing resource group, which `pulumi destroy` keeps.",
  }),
  location: text({
    ...region,
    default: "eastus2",
    description:
      "Azure region. Changing it replaces the resource group and everything in it. With `existingResourceGroup`, that group's region is used instead. The app runs in its environment's region.",
  }),
  existingEnvironmentName: text({
    description: "Uses this Container Apps environment instead of creating one with a workspace.",
  }),
  existingEnvironmentResourceGroup: text({
    description: "Resource group of `existingEnvironmentName`. Default: the app's resource group.",
  }),
  image: text({
    default: "cr.agentgateway.dev/agentgateway:v1.4.1",
    description: "Container image with a tag or digest; `latest` is refused.",
  }),
  targetPort: wholeNumber(1, 65_535, {
    default: defaults.targetPort,
    description: "Port that the gateway listens on; must match `gatewayConfig`.",
  }),
  ingress: flag({ default: defaults.ingress, description: "Whether the app has an ingress." }),
  external: flag({
    default: defaults.external,
    description: "Whether the ingress is reachable from outside the environment.",
  }),
  transport: choice(["auto", "http", "http2", "tcp"], {
    default: defaults.transport,
    description: "Ingress transport. Affinity does not work with `tcp`.",
  }),
  activeRevisionsMode: choice(["Single", "Multiple"], {
    default: defaults.activeRevisionsMode,
    description: "Revision mode. Affinity needs `Single`.",
  }),
  cpu: decimal({ default: defaults.cpu, description: "vCPUs per replica, 0.25 to 4 in steps of 0.25." }),
  memory: text({
    example: "2Gi",
    pattern: /^\d+(\.\d+)?Gi$/,
    rule: "must be a number followed by Gi",
    description: "Memory per replica. Must be 2 Gi per vCPU, which is also the default.",
  }),
  minReplicas: wholeNumber(0, 1000, {
    example: 2,
    description: "Minimum number of replicas. Default: 2 in prod, otherwise 1.",
  }),
  maxReplicas: wholeNumber(1, 1000, {
    example: 10,
    description: "Maximum number of replicas. Default: 10 in prod, otherwise 3.",
  }),
  concurrentRequests: wholeNumber(1, 100_000, {
    default: defaults.concurrentRequests,
    description: "Number of concurrent requests per replica above which Container Apps adds a replica.",
  }),
  enableStickySessions: flag({
    default: defaults.enableStickySessions,
    description: "Session affinity: declared on the app, applied with the Azure CLI and verified.",
  }),
  acknowledgeNoAffinity: flag({
    default: defaults.acknowledgeNoAffinity,
    description: "Confirms that affinity is off on purpose: silences the warning and tags the app.",
  }),
  gatewayConfig: text({
    default: "gateway/config.yaml",
    description:
      "Path of AgentGateway's configuration file, relative to the project folder; mounted as a secret volume.",
  }),
  sessionKey: text({
    pattern: /^[0-9a-fA-F]{64}$/,
    rule: "must be 64 hex digits",
    secret: true,
    description: "Key that encrypts session IDs, 64 hex digits; `SESSION_KEY` of every replica.",
  }),
  env: textMap({
    description:
      "Environment variables of the gateway. If Pulumi stores this key as a secret, they become secrets of the app.",
  }),
  secretEnv: textMap({
    secret: true,
    description: "Environment variables whose values are stored as secrets of the app.",
  }),
  drainSeconds: wholeNumber(0, 590, {
    default: defaults.drainSeconds,
    description:
      "Seconds that in-flight calls have to finish when a replica stops. The ingress ends requests that are idle for 240 s, so a longer time only helps calls that report progress.",
  }),
  readySeconds: wholeNumber(10, 3600, {
    default: defaults.readySeconds,
    description: "Seconds that an update waits for the latest revision to become ready.",
  }),
  allowInsecure: flag({ default: defaults.allowInsecure, description: "Allows plain HTTP as well as HTTPS." }),
  ipAllow: cidrList({ description: "IPv4 ranges that are allowed to connect. Default: all." }),
  clientCertificateMode: choice(["ignore", "accept", "require"], {
    default: defaults.clientCertificateMode,
    description: "How the ingress handles client certificates.",
  }),
  dropSecrets: secretNameList({
    description:
      "Secrets on the live app that an update may delete although this stack does not declare them. A secret that the latest revision uses is first overwritten, then deleted by the next update. Any other undeclared secret stops the update.",
  }),
  deletionProtection: flag({
    description:
      "Protects the resource group, workspace, environment, its diagnostic setting and the app from deletion and replacement. Default: true in prod, otherwise false.",
  }),
  tags: textMap({ description: "Tags on every resource, in addition to `environment`." }),
} satisfies Record<string, Key<unknown>>;

/** Values of the keys; undefined for a key that is not set and has no default. */
export type Values = { [K in keyof typeof keys]?: (typeof keys)[K] extends Key<infer T> ? T : never };
