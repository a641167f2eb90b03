import { defaults } from "../args.ts";
import { environments } from "../rules/facts.ts";
import { choice, cidrList, decimal, flag, type Key, secretNameList, text, textMap, wholeNumber } from "./valueKinds.ts";

const lowerCase = {
  pattern: /^[a-z][a-z0-9-]*$/,
  rule: "must be lower-case letters, digits and '-', starting with a letter",
};
const stamp = { pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/, rule: "must be lower-case letters and digits" };
const region = { pattern: /^[A-Za-z][A-Za-z0-9 ]*$/, rule: "must be the name of an Azure region", example: "eastus2" };

/** Every configuration key with its type, default and description; the README's table is made from it. */
export const keys = {
  environment: choice(environments, {
    description: "Which environment this stack is. Default: the stack's name where it is one of these; else to be set.",
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
    description: "Third part of every name, to have several of one environment.",
  }),
  containerAppName: text({ description: "Name of the container app, instead of the composed one." }),
  environmentName: text({ description: "Name of the Container Apps environment, instead of the composed one." }),
  workspaceName: text({ description: "Name of the Log Analytics workspace, instead of the composed one." }),
  resourceGroupName: text({ description: "Name of the resource group, instead of the composed one." }),
  existingResourceGroup: flag({
    default: defaults.existingResourceGroup,
    description: "The resource group is there already; destroy leaves it.",
  }),
  location: text({
    ...region,
    default: "eastus2",
    description:
      "Azure region. A change replaces the resource group with all that is in it. An existing one brings its own; the app is where its environment is.",
  }),
  existingEnvironmentName: text({
    description: "Use this Container Apps environment; no environment and no workspace are created.",
  }),
  existingEnvironmentResourceGroup: text({
    description: "Resource group of existingEnvironmentName. Default: the app's own.",
  }),
  image: text({
    default: "cr.agentgateway.dev/agentgateway:v1.4.1",
    description: "Container image, with tag or digest, never `latest`.",
  }),
  targetPort: wholeNumber(1, 65_535, {
    default: defaults.targetPort,
    description: "Port that the gateway listens on, as in gatewayConfig.",
  }),
  ingress: flag({ default: defaults.ingress, description: "Whether the app has an ingress at all." }),
  external: flag({ default: defaults.external, description: "Reachable from outside the environment." }),
  transport: choice(["auto", "http", "http2", "tcp"], {
    default: defaults.transport,
    description: "Ingress transport. Affinity needs HTTP: not tcp.",
  }),
  activeRevisionsMode: choice(["Single", "Multiple"], {
    default: defaults.activeRevisionsMode,
    description: "Revision mode. Affinity needs Single.",
  }),
  cpu: decimal({ default: defaults.cpu, description: "vCPU of a replica, 0.25 to 4 in steps of 0.25." }),
  memory: text({
    example: "2Gi",
    pattern: /^\d+(\.\d+)?Gi$/,
    rule: "must be a number of Gi",
    description: "Memory of a replica. Default: twice cpu, in Gi.",
  }),
  minReplicas: wholeNumber(0, 1000, {
    example: 2,
    description: "Replicas at the least. Default: 2 in prod, else 1.",
  }),
  maxReplicas: wholeNumber(1, 1000, {
    example: 10,
    description: "Replicas at the most. Default: 10 in prod, else 3.",
  }),
  concurrentRequests: wholeNumber(1, 100_000, {
    default: defaults.concurrentRequests,
    description: "Concurrent requests of a replica at which another one is added.",
  }),
  enableStickySessions: flag({
    default: defaults.enableStickySessions,
    description: "Session affinity: applied, declared and verified.",
  }),
  acknowledgeNoAffinity: flag({
    default: defaults.acknowledgeNoAffinity,
    description:
      "Affinity off over several replicas is meant: silences the warning, and is written as a tag of the app.",
  }),
  gatewayConfig: text({
    default: "gateway/config.yaml",
    description: "Path of the gateway's configuration, from the project's folder; mounted as a secret volume.",
  }),
  sessionKey: text({
    pattern: /^[0-9a-fA-F]{64}$/,
    rule: "must be 64 hex digits",
    secret: true,
    description: "SESSION_KEY of every replica, 64 hex digits (secret).",
  }),
  env: textMap({
    description:
      "Environment variables of the gateway. Where Pulumi keeps the key as a secret, they are secrets of the app.",
  }),
  secretEnv: textMap({ secret: true, description: "Environment variables that are secrets of the app." }),
  drainSeconds: wholeNumber(0, 590, {
    default: defaults.drainSeconds,
    description: "Seconds that calls in flight have to finish when a replica goes.",
  }),
  readySeconds: wholeNumber(10, 3600, {
    default: defaults.readySeconds,
    description: "How long an update waits for the latest revision to become ready, in seconds.",
  }),
  allowInsecure: flag({ default: defaults.allowInsecure, description: "Plain http as well as https." }),
  ipAllow: cidrList({ description: "IPv4 ranges that may connect. Default: all." }),
  clientCertificateMode: choice(["ignore", "accept", "require"], {
    default: defaults.clientCertificateMode,
    description: "Client certificates at the ingress.",
  }),
  dropSecrets: secretNameList({
    description:
      "Secrets of the live app that an update may delete, although this stack does not declare them. Otherwise such an update stops.",
  }),
  deletionProtection: flag({
    description:
      "Protects the resource group, workspace, environment and app from being deleted or replaced. Default: true in prod, else false.",
  }),
  tags: textMap({ description: "Tags of every resource, in addition to `environment`." }),
} satisfies Record<string, Key<unknown>>;

/** The values of the keys; undefined where a key is not set and has no default. */
export type Values = { [K in keyof typeof keys]?: (typeof keys)[K] extends Key<infer T> ? T : never };
