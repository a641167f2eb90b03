/** The facts about one resource type that are needed to convert it to ARM and back. */
export interface NativeType {
  /**
   * ARM path. Each name in braces is a required input, except for `{subscriptionId}`. The last one is the name of the
   * resource.
   */
  readonly path: string;
  readonly apiVersion: string;
  /**
   * Inputs, which are outputs too. In an ARM body they are in `properties`, except for those at the top of every body.
   */
  readonly inputs: readonly string[];
  /** Outputs only. */
  readonly outputs: readonly string[];
  /** Nested outputs that are not inputs; `[]` in a path matches any element. */
  readonly nestedOutputs: readonly string[];
  /**
   * Paths of inputs that ARM can't change in place, besides the location and the inputs in the path. From Azure's API
   * models.
   */
  readonly forceNew?: readonly string[];
}

const names = (...lines: readonly string[]): string[] => lines.flatMap((line) => line.split(" ")).filter(Boolean);
const group = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}";
const common = "azureApiVersion name type provisioningState systemData";
const identity = "identity.principalId identity.tenantId";

/** Types, API versions and property names of @pulumi/azure-native 3.28. */
export const resourceTypes: Readonly<Record<string, NativeType>> = {
  "azure-native:resources:ResourceGroup": {
    path: group,
    apiVersion: "2024-03-01",
    inputs: names("location managedBy tags"),
    outputs: names("azureApiVersion name type properties"),
    nestedOutputs: [],
  },
  "azure-native:operationalinsights:Workspace": {
    path: `${group}/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}`,
    apiVersion: "2023-09-01",
    inputs: names(
      "location tags identity defaultDataCollectionRuleResourceId features forceCmkForQuery",
      "publicNetworkAccessForIngestion publicNetworkAccessForQuery retentionInDays sku workspaceCapping",
    ),
    outputs: names(common, "createdDate customerId etag modifiedDate privateLinkScopedResources"),
    nestedOutputs: names(
      identity,
      "sku.lastSkuUpdate workspaceCapping.dataIngestionStatus workspaceCapping.quotaNextResetTime",
    ),
  },
  "azure-native:monitor:DiagnosticSetting": {
    path: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    apiVersion: "2021-05-01-preview",
    inputs: names(
      "eventHubAuthorizationRuleId eventHubName logAnalyticsDestinationType logs marketplacePartnerId metrics",
      "serviceBusRuleId storageAccountId workspaceId",
    ),
    outputs: names("azureApiVersion name type systemData"),
    nestedOutputs: [],
  },
  "azure-native:app:ManagedEnvironment": {
    path: `${group}/providers/Microsoft.App/managedEnvironments/{environmentName}`,
    apiVersion: "2025-02-02-preview",
    inputs: names(
      "location tags identity kind appInsightsConfiguration appLogsConfiguration availabilityZones",
      "customDomainConfiguration daprAIConnectionString daprAIInstrumentationKey diskEncryptionConfiguration",
      "infrastructureResourceGroup ingressConfiguration openTelemetryConfiguration peerAuthentication",
      "peerTrafficConfiguration publicNetworkAccess vnetConfiguration workloadProfiles zoneRedundant",
    ),
    outputs: names(
      common,
      "daprConfiguration defaultDomain deploymentErrors eventStreamEndpoint kedaConfiguration",
      "privateEndpointConnections privateLinkDefaultDomain staticIp",
    ),
    nestedOutputs: names(
      identity,
      "customDomainConfiguration.customDomainVerificationId customDomainConfiguration.expirationDate",
      "customDomainConfiguration.subjectName customDomainConfiguration.thumbprint",
    ),
    forceNew: names(
      "infrastructureResourceGroup zoneRedundant customDomainConfiguration.dnsSuffix",
      "vnetConfiguration.dockerBridgeCidr vnetConfiguration.infrastructureSubnetId vnetConfiguration.internal",
      "vnetConfiguration.platformReservedCidr vnetConfiguration.platformReservedDnsIP",
    ),
  },
  "azure-native:app:ContainerApp": {
    path: `${group}/providers/Microsoft.App/containerApps/{containerAppName}`,
    apiVersion: "2025-02-02-preview",
    inputs: names(
      "location tags identity kind managedBy extendedLocation",
      "configuration environmentId managedEnvironmentId patchingConfiguration template workloadProfileName",
    ),
    outputs: names(
      common,
      "customDomainVerificationId deploymentErrors eventStreamEndpoint latestReadyRevisionName latestRevisionFqdn",
      "latestRevisionName outboundIpAddresses runningStatus",
    ),
    nestedOutputs: names(
      identity,
      "configuration.ingress.fqdn template.containers[].resources.ephemeralStorage",
      "template.initContainers[].resources.ephemeralStorage",
    ),
    // managedEnvironmentId is the earlier name of environmentId; Azure returns both.
    forceNew: names("environmentId managedEnvironmentId kind"),
  },
};

/** Returns the type that a function such as `azure-native:app:getContainerApp` reads. */
export const readBy = (token: string): NativeType | undefined => resourceTypes[token.replace(/:get(?=[A-Z])/, ":")];
