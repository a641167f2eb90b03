import type { Cloud } from "../../arm/cloud.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { findInGroup, inScope } from "../resourceGroup/model.ts";
import { type, type Workspace, workspaces } from "./model.ts";

export const readWorkspace = (workspace: Workspace): object => ({
  id: workspace.id,
  name: workspace.name,
  type,
  location: workspace.location,
  ...(workspace.tags === undefined ? {} : { tags: workspace.tags }),
  etag: workspace.etag,
  systemData: workspace.systemData,
  properties: {
    source: "Azure",
    customerId: workspace.customerId,
    provisioningState: "Succeeded",
    sku: { name: workspace.sku, lastSkuUpdate: workspace.systemData.createdAt },
    retentionInDays: workspace.retentionInDays,
    features: { legacy: 0, searchVersion: 1, enableLogAccessUsingOnlyResourcePermissions: true },
    workspaceCapping: {
      dailyQuotaGb: -1,
      quotaNextResetTime: workspace.systemData.createdAt,
      dataIngestionStatus: "RespectQuota",
    },
    publicNetworkAccessForIngestion: "Enabled",
    publicNetworkAccessForQuery: "Enabled",
    createdDate: workspace.systemData.createdAt,
    modifiedDate: workspace.systemData.lastModifiedAt,
  },
});

const one = (cloud: Cloud, { params }: ArmCall): Workspace =>
  findInGroup(cloud, workspaces(cloud), type, params.group ?? "", params.workspace ?? "");

export const getWorkspace = (cloud: Cloud, call: ArmCall): ArmReply => ({
  status: 200,
  body: readWorkspace(one(cloud, call)),
});

export const listWorkspaces = (cloud: Cloud, call: ArmCall): ArmReply => ({
  status: 200,
  body: { value: inScope(cloud, call, [...workspaces(cloud).values()]).map(readWorkspace) },
});

/** Returns the shared keys. No GET does. */
export const sharedKeys = (cloud: Cloud, call: ArmCall): ArmReply => {
  const { primary, secondary } = one(cloud, call).keys;
  return { status: 200, body: { primarySharedKey: primary, secondarySharedKey: secondary } };
};
