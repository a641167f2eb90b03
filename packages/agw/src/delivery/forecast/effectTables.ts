import { appType } from "../digest/previewDigest.ts";
import * as keeps from "./keeps.ts";

// How changing each property of each resource type affects live clients. Sources: Microsoft's documentation of Container
// Apps ("revision-scope" and "application-scope" changes) and, for what can't change in place, Azure's API models. A test
// compares the tables with the types of azure-native.

/** How changing a property affects live clients. */
export type PropertyEffect =
  /** Clients don't notice. */
  | { readonly kind: "harmless"; readonly why: string }
  /** `revision`: the replicas of a new revision take over. `move`: replicas or requests may move elsewhere. */
  | { readonly kind: "ends sessions"; readonly how: "revision" | "move" }
  /** Clients may be refused or unable to connect, or the gateway may lose what it depends on. */
  | { readonly kind: "cuts clients off"; readonly how: Cut; readonly unless?: keeps.Keeps }
  /** Can't change in place, so the resource is replaced. `forecastDestruction` says what this destroys. */
  | { readonly kind: "destroys" }
  /** The forecast of affinity, or of the address, shows the effect. */
  | { readonly kind: "shown elsewhere"; readonly by: "affinity" | "address" }
  /** The property exists, but its effect on live clients isn't known. */
  | { readonly kind: "unknown" };

/** How clients are cut off. */
export type Cut = "domain" | "refused" | "pull" | "identity" | "secret" | "network";

type Rows = Readonly<Record<string, PropertyEffect>>;

const harmless = (why: string): PropertyEffect => ({ kind: "harmless", why });
const cuts = (how: Cut, unless?: keeps.Keeps): PropertyEffect => ({
  kind: "cuts clients off",
  how,
  ...(unless && { unless }),
});
const revision: PropertyEffect = { kind: "ends sessions", how: "revision" };
const move: PropertyEffect = { kind: "ends sessions", how: "move" };
const destroys: PropertyEffect = { kind: "destroys" };
const unknown: PropertyEffect = { kind: "unknown" };

const logs = harmless("only logs");
const tags = { "tags.*": harmless("only labels") };
const affinityStep = harmless("sets affinity, which has its own line");

const app: Rows = {
  ...tags,
  containerAppName: destroys,
  resourceGroupName: destroys,
  location: destroys,
  environmentId: destroys,
  managedEnvironmentId: destroys,
  kind: destroys,
  identity: cuts("identity", keeps.identities),
  workloadProfileName: move,
  extendedLocation: unknown,
  managedBy: unknown,
  patchingConfiguration: unknown,
  // Any change to the template creates a new revision.
  template: revision,
  "configuration.activeRevisionsMode": move,
  "configuration.dapr": unknown,
  "configuration.identitySettings": cuts("identity"),
  "configuration.maxInactiveRevisions": harmless("only revisions that serve nobody"),
  "configuration.registries": cuts("pull", keeps.items),
  "configuration.revisionTransitionThreshold": unknown,
  "configuration.runtime": unknown,
  "configuration.secrets": cuts("secret", keeps.secrets),
  "configuration.service": unknown,
  "configuration.targetLabel": unknown,
  "configuration.ingress.additionalPortMappings": cuts("refused", keeps.items),
  "configuration.ingress.allowInsecure": cuts("refused", keeps.setting(false, true)),
  "configuration.ingress.clientCertificateMode": cuts("refused", keeps.setting("ignore", "ignore", "accept")),
  "configuration.ingress.corsPolicy": cuts("refused"),
  "configuration.ingress.customDomains": cuts("domain", keeps.items),
  "configuration.ingress.exposedPort": cuts("refused", keeps.setting(0)),
  "configuration.ingress.external": { kind: "shown elsewhere", by: "address" },
  "configuration.ingress.ipSecurityRestrictions": cuts("refused", keeps.setting([], [])),
  "configuration.ingress.stickySessions.affinity": { kind: "shown elsewhere", by: "affinity" },
  "configuration.ingress.targetPort": cuts("refused"),
  "configuration.ingress.targetPortHttpScheme": cuts("refused", keeps.setting("http")),
  "configuration.ingress.traffic": move,
  "configuration.ingress.transport": cuts("refused", keeps.setting("auto")),
};

const environment: Rows = {
  ...tags,
  environmentName: destroys,
  resourceGroupName: destroys,
  location: destroys,
  infrastructureResourceGroup: destroys,
  vnetConfiguration: destroys,
  zoneRedundant: destroys,
  "appLogsConfiguration.destination": logs,
  "appLogsConfiguration.logAnalyticsConfiguration.customerId": logs,
  "appLogsConfiguration.logAnalyticsConfiguration.dynamicJsonColumns": logs,
  "appLogsConfiguration.logAnalyticsConfiguration.sharedKey": logs,
  appInsightsConfiguration: unknown,
  availabilityZones: unknown,
  "customDomainConfiguration.dnsSuffix": destroys,
  customDomainConfiguration: cuts("network"),
  daprAIConnectionString: unknown,
  daprAIInstrumentationKey: unknown,
  diskEncryptionConfiguration: unknown,
  identity: cuts("network", keeps.identities),
  ingressConfiguration: cuts("network"),
  kind: unknown,
  openTelemetryConfiguration: unknown,
  peerAuthentication: cuts("network"),
  peerTrafficConfiguration: cuts("network"),
  publicNetworkAccess: cuts("network", keeps.setting("Enabled", "Enabled")),
  workloadProfiles: move,
};

/** The workspace and the diagnostic setting only carry logs. `logsFate` says which logs a replacement loses. */
const workspace: Rows = {
  ...tags,
  workspaceName: destroys,
  resourceGroupName: destroys,
  location: destroys,
  defaultDataCollectionRuleResourceId: logs,
  "features.clusterResourceId": logs,
  "features.disableLocalAuth": logs,
  "features.enableDataExport": logs,
  "features.enableLogAccessUsingOnlyResourcePermissions": logs,
  "features.immediatePurgeDataOn30Days": logs,
  forceCmkForQuery: logs,
  "identity.type": logs,
  "identity.userAssignedIdentities[]": logs,
  publicNetworkAccessForIngestion: logs,
  publicNetworkAccessForQuery: logs,
  retentionInDays: logs,
  "sku.capacityReservationLevel": logs,
  "sku.name": logs,
  "workspaceCapping.dailyQuotaGb": logs,
};

const diagnosticSetting: Rows = {
  name: destroys,
  resourceUri: destroys,
  eventHubAuthorizationRuleId: logs,
  eventHubName: logs,
  logAnalyticsDestinationType: logs,
  marketplacePartnerId: logs,
  serviceBusRuleId: logs,
  storageAccountId: logs,
  workspaceId: logs,
  ...Object.fromEntries(
    ["logs[].category", "logs[].categoryGroup", "metrics[].category", "metrics[].timeGrain"].map((path) => [
      path,
      logs,
    ]),
  ),
  ...Object.fromEntries(
    ["logs[]", "metrics[]"].flatMap((list) =>
      ["enabled", "retentionPolicy.days", "retentionPolicy.enabled"].map((path) => [`${list}.${path}`, logs]),
    ),
  ),
};

const group: Rows = { ...tags, resourceGroupName: destroys, location: destroys, managedBy: unknown };

/** The command that applies affinity. It runs again when one of these changes. */
const affinityCommand: Rows = {
  addPreviousOutputInEnv: affinityStep,
  create: affinityStep,
  "environment.*": affinityStep,
  "interpreter[]": affinityStep,
  logging: affinityStep,
  stdin: affinityStep,
  "triggers[]": affinityStep,
  update: affinityStep,
  archivePaths: unknown,
  assetPaths: unknown,
  delete: unknown,
  dir: unknown,
};

/** Type of the affinity command, including its parent, because any other command could do anything. */
export const affinityCommandType = "agentgateway:index:SessionAffinity$command:local:Command";

/** The effects by resource type and property. `[]` stands for any item of a list, `.*` for any key of a map. */
export const effectTables: Readonly<Record<string, Rows>> = {
  [appType]: app,
  "azure-native:app:ManagedEnvironment": environment,
  "azure-native:operationalinsights:Workspace": workspace,
  "azure-native:monitor:DiagnosticSetting": diagnosticSetting,
  "azure-native:resources:ResourceGroup": group,
  [affinityCommandType]: affinityCommand,
};
