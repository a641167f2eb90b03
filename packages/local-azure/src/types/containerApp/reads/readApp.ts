import { displayName } from "../../../arm/regions.ts";
import { identity } from "../../../arm/token.ts";
import { type App, type Ingress, type } from "../model/app.ts";
import { readTemplate } from "./readTemplate.ts";

/**
 * Returns a container app as Azure does: with Azure's casing and defaults, null for properties that are not set, and
 * without secret values. Source: azure-cli's public recording of `containerapp_ingress_sticky_sessions_e2e`.
 *
 * @param origin this server's address, for the URL of the event stream
 */
export function readApp(app: App, origin: string): object {
  const { properties } = app.body;
  const eventStream = `${origin}${app.id.replace("/providers/Microsoft.App/containerapps/", "/containerApps/")}/eventstream`;
  return {
    id: app.id,
    name: app.name,
    type,
    location: displayName(app.location),
    ...(app.tags === undefined ? {} : { tags: app.tags }),
    systemData: app.systemData,
    properties: {
      provisioningState: app.provisioningState,
      runningStatus: app.stopped ? "Stopped" : "Running",
      managedEnvironmentId: properties.environmentId,
      environmentId: properties.environmentId,
      workloadProfileName: properties.workloadProfileName ?? null,
      patchingMode: "Automatic",
      outboundIpAddresses: ["127.0.0.1"],
      latestRevisionName: app.latest ?? "",
      latestReadyRevisionName: app.latestReady ?? "",
      latestRevisionFqdn: app.fqdn ?? "",
      customDomainVerificationId: "0".repeat(64),
      configuration: readConfiguration(app),
      template: readTemplate(properties.template),
      ...(app.deploymentErrors === undefined ? {} : { deploymentErrors: app.deploymentErrors }),
      ...(creationFailed(app) ? {} : { eventStreamEndpoint: eventStream }),
      delegatedIdentities: [],
    },
    identity: readIdentity(app),
  };
}

/** Whether the app's creation failed before it had a revision or an address. Azure omits some properties then. */
const creationFailed = ({ provisioningState, latest, fqdn }: App): boolean =>
  provisioningState === "Failed" && latest === undefined && fqdn === undefined;

function readConfiguration(app: App): object {
  const { configuration } = app.body.properties;
  return {
    secrets:
      configuration.secrets?.map(({ name, keyVaultUrl, identity: reader }) =>
        !keyVaultUrl ? { name } : { name, keyVaultUrl, identity: reader },
      ) ?? null,
    activeRevisionsMode: configuration.activeRevisionsMode,
    targetLabel: "",
    ingress: configuration.ingress === undefined ? null : readIngress(configuration.ingress, app),
    registries: configuration.registries ?? null,
    identitySettings: configuration.identitySettings ?? [],
    dapr: configuration.dapr ?? null,
    runtime: configuration.runtime ?? null,
    maxInactiveRevisions: configuration.maxInactiveRevisions ?? 100,
    service: configuration.service ?? null,
  };
}

/**
 * Address and traffic are null until the ingress is open. If the creation failed, transport and exposed port are null
 * too (public capture of an app whose first image could not be pulled).
 */
function readIngress(ingress: Ingress, app: App): object {
  const failed = creationFailed(app);
  const opening = app.fqdn === undefined && app.provisioningState === "InProgress";
  return {
    fqdn: app.fqdn ?? null,
    external: ingress.external ?? false,
    targetPort: ingress.targetPort ?? null,
    exposedPort: failed ? null : (ingress.exposedPort ?? 0),
    transport: failed ? null : (ingress.transport ?? "Auto"),
    traffic: opening || failed ? null : readTraffic(ingress, app),
    customDomains: ingress.customDomains ?? null,
    allowInsecure: ingress.allowInsecure ?? false,
    ipSecurityRestrictions: ingress.ipSecurityRestrictions ?? null,
    corsPolicy: ingress.corsPolicy ?? null,
    clientCertificateMode: ingress.clientCertificateMode ?? null,
    stickySessions: ingress.stickySessions ?? null,
    additionalPortMappings: ingress.additionalPortMappings ?? null,
    targetPortHttpScheme: null,
  };
}

/**
 * In single mode all traffic goes to the latest revision, regardless of the body. An entry with a revision name has no
 * `latestRevision` (recording of `containerapp_ingress_traffic_e2e`); the CLI relies on that.
 */
function readTraffic({ traffic }: Ingress, app: App): object[] {
  if (traffic === undefined || app.body.properties.configuration.activeRevisionsMode === "Single")
    return [{ weight: 100, latestRevision: true }];
  return traffic.map(({ latestRevision, ...rest }) => (latestRevision ? { ...rest, latestRevision } : rest));
}

function readIdentity(app: App): object {
  const { identity: sent } = app.body;
  if (sent === undefined) return { type: "None" };
  const system = /SystemAssigned/i.test(sent.type)
    ? { principalId: identity.principal, tenantId: identity.tenant }
    : {};
  return { ...sent, ...system };
}
