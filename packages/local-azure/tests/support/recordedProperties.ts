/**
 * Property names in Azure's responses, from the Azure CLI's public test recordings (azure-cli,
 * command_modules/containerapp/tests/latest/recordings/test_containerapp_ingress_sticky_sessions_e2e.yaml, October
 * 2024, api-version 2024-03-01): GET of a container app with affinity, GET of a managed environment.
 */
const below = (prefix: string, names: string): string[] => names.split(" ").map((name) => `${prefix}.${name}`);

export const recordedApp: readonly string[] = [
  ..."id name type location systemData properties identity.type".split(" "),
  ...below("systemData", "createdBy createdByType createdAt lastModifiedBy lastModifiedByType lastModifiedAt"),
  ...below("properties", "provisioningState runningStatus managedEnvironmentId environmentId workloadProfileName"),
  ...below("properties", "outboundIpAddresses latestRevisionName latestReadyRevisionName latestRevisionFqdn"),
  ...below("properties", "customDomainVerificationId eventStreamEndpoint delegatedIdentities"),
  ...below("properties.configuration", "secrets activeRevisionsMode registries dapr maxInactiveRevisions service"),
  ...below(
    "properties.configuration.ingress",
    "fqdn external targetPort exposedPort transport customDomains allowInsecure",
  ),
  ...below("properties.configuration.ingress", "ipSecurityRestrictions corsPolicy clientCertificateMode"),
  ...below("properties.configuration.ingress", "stickySessions.affinity additionalPortMappings"),
  ...below("properties.configuration.ingress.traffic.0", "weight latestRevision"),
  ...below("properties.template", "revisionSuffix terminationGracePeriodSeconds initContainers volumes serviceBinds"),
  ...below("properties.template.containers.0", "image name resources.cpu resources.memory resources.ephemeralStorage"),
  ...below("properties.template.scale", "minReplicas maxReplicas rules"),
];

export const recordedEnvironment: readonly string[] = [
  ..."id name type location systemData".split(" "),
  ...below(
    "properties",
    "provisioningState daprAIInstrumentationKey daprAIConnectionString vnetConfiguration defaultDomain",
  ),
  ...below("properties", "staticIp appLogsConfiguration.destination appLogsConfiguration.logAnalyticsConfiguration"),
  ...below("properties", "zoneRedundant kedaConfiguration.version daprConfiguration.version eventStreamEndpoint"),
  ...below("properties", "customDomainConfiguration infrastructureResourceGroup peerAuthentication.mtls.enabled"),
  ...below("properties", "peerTrafficConfiguration.encryption.enabled"),
  ...below("properties.workloadProfiles.0", "workloadProfileType name"),
];

/** Returns the paths that the value lacks. A null counts as present. */
export const lacking = (value: unknown, names: readonly string[]): string[] =>
  names.filter((path) => {
    let current: unknown = value;
    for (const name of path.split(".")) {
      if (typeof current !== "object" || current === null || !(name in current)) return true;
      current = (current as Record<string, unknown>)[name];
    }
    return false;
  });
