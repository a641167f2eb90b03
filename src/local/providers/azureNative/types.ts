/** One resource type: everything that distinguishes it from the others on the way to ARM and back. */
export interface ResourceType {
  /** ARM path; what stands in braces is an input, but for `{subscriptionId}`, and `{name}`, which is `nameInput`. */
  readonly path: string;
  readonly apiVersion: string;
  /** The input that names the resource; Pulumi names it after the resource, with a random end, where it is absent. */
  readonly nameInput: string;
  /** Inputs and outputs at the top of the body. */
  readonly top: readonly string[];
  /** Inputs and outputs inside the body's `properties`, which Pulumi shows at the top. */
  readonly properties: readonly string[];
  /** Outputs only; those inside `properties` are marked by being in neither list of inputs. */
  readonly outputs: readonly string[];
  /** Outputs only, deeper down; `[]` is any element. */
  readonly nestedOutputs: readonly string[];
  /** Inputs that ARM cannot change in place, besides the path's own. */
  readonly forceNew: readonly string[];
}

const names = (...lines: readonly string[]): string[] => lines.flatMap((line) => line.split(" ")).filter(Boolean);
const app = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.App";
const common = "azureApiVersion name type provisioningState systemData";
const identity = "identity.principalId identity.tenantId";

/** Types and API versions of @pulumi/azure-native 3.28; property names from its SDK. */
export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  "azure-native:resources:ResourceGroup": {
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
    apiVersion: "2024-03-01",
    nameInput: "resourceGroupName",
    top: names("location managedBy tags"),
    properties: [],
    outputs: names("azureApiVersion name type properties"),
    nestedOutputs: [],
    forceNew: names("location"),
  },
  "azure-native:operationalinsights:Workspace": {
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.OperationalInsights/workspaces/{name}",
    apiVersion: "2023-09-01",
    nameInput: "workspaceName",
    top: names("location tags identity"),
    properties: names(
      "defaultDataCollectionRuleResourceId features forceCmkForQuery publicNetworkAccessForIngestion",
      "publicNetworkAccessForQuery retentionInDays sku workspaceCapping",
    ),
    outputs: names(common, "createdDate customerId etag modifiedDate privateLinkScopedResources"),
    nestedOutputs: names(
      identity,
      "sku.lastSkuUpdate workspaceCapping.dataIngestionStatus workspaceCapping.quotaNextResetTime",
    ),
    forceNew: names("location"),
  },
  "azure-native:monitor:DiagnosticSetting": {
    path: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    apiVersion: "2021-05-01-preview",
    nameInput: "name",
    top: [],
    properties: names(
      "eventHubAuthorizationRuleId eventHubName logAnalyticsDestinationType logs marketplacePartnerId metrics",
      "serviceBusRuleId storageAccountId workspaceId",
    ),
    outputs: names("azureApiVersion name type systemData"),
    nestedOutputs: [],
    forceNew: [],
  },
  "azure-native:app:ManagedEnvironment": {
    path: `${app}/managedEnvironments/{name}`,
    apiVersion: "2025-02-02-preview",
    nameInput: "environmentName",
    top: names("location tags identity kind"),
    properties: names(
      "appInsightsConfiguration appLogsConfiguration availabilityZones customDomainConfiguration daprAIConnectionString",
      "daprAIInstrumentationKey diskEncryptionConfiguration infrastructureResourceGroup ingressConfiguration",
      "openTelemetryConfiguration peerAuthentication peerTrafficConfiguration publicNetworkAccess vnetConfiguration",
      "workloadProfiles zoneRedundant",
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
    forceNew: names("location"),
  },
  "azure-native:app:ContainerApp": {
    path: `${app}/containerApps/{name}`,
    apiVersion: "2025-02-02-preview",
    nameInput: "containerAppName",
    top: names("location tags identity kind managedBy extendedLocation"),
    properties: names(
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
    forceNew: names("location environmentId managedEnvironmentId"),
  },
};

/** An invoke: the type that it reads, or the POST action of it that it calls. */
export const invokes: Readonly<Record<string, { readonly type: string; readonly action?: string }>> = {
  "azure-native:resources:getResourceGroup": { type: "azure-native:resources:ResourceGroup" },
  "azure-native:operationalinsights:getSharedKeys": {
    type: "azure-native:operationalinsights:Workspace",
    action: "sharedKeys",
  },
  "azure-native:app:getManagedEnvironment": { type: "azure-native:app:ManagedEnvironment" },
  "azure-native:app:getContainerApp": { type: "azure-native:app:ContainerApp" },
};
