import { createHash } from "node:crypto";
import type { Cloud } from "../../arm/cloud.ts";
import { displayName } from "../../arm/regions.ts";
import { key } from "../../arm/resource.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { findInGroup, inScope } from "../resourceGroup/model.ts";
import { type Environment, environments, type } from "./model.ts";

/** Azure's defaults for properties that the body omits. */
const defaults = {
  vnetConfiguration: null,
  zoneRedundant: false,
  customDomainConfiguration: null,
  workloadProfiles: null,
  infrastructureResourceGroup: null,
  peerAuthentication: { mtls: { enabled: false } },
  peerTrafficConfiguration: { encryption: { enabled: false } },
  publicNetworkAccess: "Enabled",
};

export function readEnvironment(environment: Environment, origin: string): object {
  const { properties } = environment;
  const logs = properties.appLogsConfiguration;
  const workspace = logs?.logAnalyticsConfiguration;
  // Names below .localhost resolve to loopback (RFC 6761). The apps themselves listen on 127.0.0.1 and a port.
  const suffix = createHash("sha256").update(key(environment.id)).digest("hex").slice(0, 8);
  return {
    id: environment.id,
    name: environment.name,
    type,
    location: displayName(environment.location),
    ...(environment.tags === undefined ? {} : { tags: environment.tags }),
    systemData: environment.systemData,
    properties: {
      ...defaults,
      ...properties,
      provisioningState: environment.provisioningState,
      daprAIInstrumentationKey: null,
      daprAIConnectionString: null,
      defaultDomain: `${environment.name}-${suffix}.${environment.location}.localhost`,
      staticIp: "127.0.0.1",
      appLogsConfiguration: {
        destination: logs?.destination ?? null,
        logAnalyticsConfiguration:
          workspace === undefined ? null : { customerId: workspace.customerId, sharedKey: null },
      },
      kedaConfiguration: { version: "2.17.2" },
      daprConfiguration: { version: "1.13.6-msft.6" },
      eventStreamEndpoint: `${origin}${environment.id}/eventstream`,
    },
  };
}

export const findEnvironment = (cloud: Cloud, { params }: ArmCall): Environment =>
  findInGroup(cloud, environments(cloud), type, params.group ?? "", params.environment ?? "");

export const getEnvironment = (cloud: Cloud, call: ArmCall): ArmReply => ({
  status: 200,
  body: readEnvironment(findEnvironment(cloud, call), call.origin),
});

export const listEnvironments = (cloud: Cloud, call: ArmCall): ArmReply => {
  const found = inScope(cloud, call, [...environments(cloud).values()]);
  return { status: 200, body: { value: found.map((environment) => readEnvironment(environment, call.origin)) } };
};
