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

const app = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.App";
const common = ["azureApiVersion", "name", "type", "provisioningState", "systemData"];
const identity = ["identity.principalId", "identity.tenantId"];

/** Types and API versions of @pulumi/azure-native 3.28; property names from its SDK. */
export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  "azure-native:resources:ResourceGroup": {
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
    apiVersion: "2024-03-01",
    nameInput: "resourceGroupName",
    top: ["location", "managedBy", "tags"],
    properties: [],
    outputs: ["azureApiVersion", "name", "type", "properties"],
    nestedOutputs: [],
    forceNew: ["location"],
  },
  "azure-native:operationalinsights:Workspace": {
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.OperationalInsights/workspaces/{name}",
    apiVersion: "2023-09-01",
    nameInput: "workspaceName",
    top: ["location", "tags", "identity"],
    properties: [
      ...["defaultDataCollectionRuleResourceId", "features", "forceCmkForQuery", "publicNetworkAccessForIngestion"],
      ...["publicNetworkAccessForQuery", "retentionInDays", "sku", "workspaceCapping"],
    ],
    outputs: [...common, "createdDate", "customerId", "etag", "modifiedDate", "privateLinkScopedResources"],
    nestedOutputs: [
      ...identity,
      "sku.lastSkuUpdate",
      "workspaceCapping.dataIngestionStatus",
      "workspaceCapping.quotaNextResetTime",
    ],
    forceNew: ["location"],
  },
  "azure-native:monitor:DiagnosticSetting": {
    path: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    apiVersion: "2021-05-01-preview",
    nameInput: "name",
    top: [],
    properties: [
      ...["eventHubAuthorizationRuleId", "eventHubName", "logAnalyticsDestinationType", "logs", "marketplacePartnerId"],
      ...["metrics", "serviceBusRuleId", "storageAccountId", "workspaceId"],
    ],
    outputs: ["azureApiVersion", "name", "type", "systemData"],
    nestedOutputs: [],
    forceNew: [],
  },
  "azure-native:app:ManagedEnvironment": {
    path: `${app}/managedEnvironments/{name}`,
    apiVersion: "2025-02-02-preview",
    nameInput: "environmentName",
    top: ["location", "tags", "identity", "kind"],
    properties: [
      ...["appInsightsConfiguration", "appLogsConfiguration", "availabilityZones", "customDomainConfiguration"],
      ...["daprAIConnectionString", "daprAIInstrumentationKey", "diskEncryptionConfiguration"],
      ...["infrastructureResourceGroup", "ingressConfiguration", "openTelemetryConfiguration", "peerAuthentication"],
      ...["peerTrafficConfiguration", "publicNetworkAccess", "vnetConfiguration", "workloadProfiles", "zoneRedundant"],
    ],
    outputs: [
      ...common,
      ...["daprConfiguration", "defaultDomain", "deploymentErrors", "eventStreamEndpoint", "kedaConfiguration"],
      ...["privateEndpointConnections", "privateLinkDefaultDomain", "staticIp"],
    ],
    nestedOutputs: [
      ...identity,
      ...["customDomainVerificationId", "expirationDate", "subjectName", "thumbprint"].map(
        (name) => `customDomainConfiguration.${name}`,
      ),
    ],
    forceNew: ["location"],
  },
  "azure-native:app:ContainerApp": {
    path: `${app}/containerApps/{name}`,
    apiVersion: "2025-02-02-preview",
    nameInput: "containerAppName",
    top: ["location", "tags", "identity", "kind", "managedBy", "extendedLocation"],
    properties: [
      ...["configuration", "environmentId", "managedEnvironmentId", "patchingConfiguration", "template"],
      "workloadProfileName",
    ],
    outputs: [
      ...common,
      ...["customDomainVerificationId", "deploymentErrors", "eventStreamEndpoint", "latestReadyRevisionName"],
      ...["latestRevisionFqdn", "latestRevisionName", "outboundIpAddresses", "runningStatus"],
    ],
    nestedOutputs: [
      ...identity,
      "configuration.ingress.fqdn",
      "template.containers[].resources.ephemeralStorage",
      "template.initContainers[].resources.ephemeralStorage",
    ],
    forceNew: ["location", "environmentId", "managedEnvironmentId"],
  },
};

/** An invoke: the type that it reads, or the POST action of it that it calls. */
export const invokes: Readonly<Record<string, { readonly type: string; readonly action?: string }>> = {
  "azure-native:resources:getResourceGroup": { type: "azure-native:resources:ResourceGroup" },
  "azure-native:operationalinsights:getWorkspace": { type: "azure-native:operationalinsights:Workspace" },
  "azure-native:operationalinsights:getSharedKeys": {
    type: "azure-native:operationalinsights:Workspace",
    action: "sharedKeys",
  },
  "azure-native:app:getManagedEnvironment": { type: "azure-native:app:ManagedEnvironment" },
  "azure-native:app:getContainerApp": { type: "azure-native:app:ContainerApp" },
};
