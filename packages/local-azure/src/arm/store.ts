import { randomUUID } from "node:crypto";
import type { DataPlane } from "../dataPlane/contract/dataPlane.ts";
import { errors } from "./errors.ts";
import type { Faults } from "./faults.ts";
import {
  type App,
  type DiagnosticSetting,
  type Environment,
  type Group,
  key,
  type SystemData,
  type Tracked,
  type Workspace,
} from "./model.ts";
import type { Operations } from "./operations.ts";
import { identity, type Tokens } from "./token.ts";
import type { Validator } from "./validate.ts";

/** Everything that exists in the local Azure, in memory, and what its handlers work with. Keys are ids in lower case. */
export interface Cloud {
  readonly groups: Map<string, Group>;
  readonly workspaces: Map<string, Workspace>;
  readonly environments: Map<string, Environment>;
  readonly diagnosticSettings: Map<string, DiagnosticSetting>;
  readonly apps: Map<string, App>;
  readonly operations: Operations;
  readonly faults: Faults;
  readonly dataPlane: DataPlane;
  readonly validator: Validator;
  readonly tokens: Tokens;
  readonly log: (line: string) => void;
}

/** An empty one. */
export function createCloud(
  parts: Pick<Cloud, "operations" | "faults" | "dataPlane" | "validator" | "tokens" | "log">,
): Cloud {
  return {
    groups: new Map(),
    workspaces: new Map(),
    environments: new Map(),
    diagnosticSettings: new Map(),
    apps: new Map(),
    ...parts,
  };
}

export const groupId = (name: string): string => `/subscriptions/${identity.subscription}/resourceGroups/${name}`;

/** `resourceId("rg", "Microsoft.App/containerapps", "app")`. */
export const resourceId = (group: string, type: string, name: string): string =>
  `${groupId(group)}/providers/${type}/${name}`;

/** The group, or Azure's 404. Writes into a group that is being deleted are refused. */
export function findGroup(cloud: Cloud, name: string, write = false): Group {
  const group = cloud.groups.get(key(groupId(name)));
  if (group === undefined) throw errors.groupNotFound(name);
  if (write && group.deleting) throw errors.groupDeprovisioning(group.name);
  return group;
}

/** One resource of a map, or Azure's 404: for the group where that is what is missing. */
export function find<T extends Tracked>(
  cloud: Cloud,
  map: Map<string, T>,
  type: string,
  group: string,
  name: string,
): T {
  findGroup(cloud, group);
  const found = map.get(key(resourceId(group, type, name)));
  if (found === undefined) throw errors.resourceNotFound(type, name, group);
  return found;
}

export const inGroup = <T extends Tracked>(map: Map<string, T>, group: string): T[] =>
  [...map.values()].filter((resource) => resource.group.toLowerCase() === group.toLowerCase());

/** Removes an environment and the diagnostic settings that belong to it. */
export function forgetEnvironment(cloud: Cloud, id: string): void {
  cloud.environments.delete(key(id));
  for (const setting of cloud.diagnosticSettings.keys()) {
    if (setting.startsWith(`${key(id)}/`)) cloud.diagnosticSettings.delete(setting);
  }
}

/** Marks a write: a new ETag, and who wrote when; creation stays as it was. */
export function stamp(caller: string, before?: SystemData): { etag: string; systemData: SystemData } {
  const now = new Date().toISOString();
  return {
    etag: `"${randomUUID()}"`,
    systemData: {
      createdBy: before?.createdBy ?? caller,
      createdByType: "Application",
      createdAt: before?.createdAt ?? now,
      lastModifiedBy: caller,
      lastModifiedByType: "Application",
      lastModifiedAt: now,
    },
  };
}

/** Azure's regions that the local one knows: name -> display name, which Microsoft.App reads back. */
const regions: Readonly<Record<string, string>> = {
  australiaeast: "Australia East",
  brazilsouth: "Brazil South",
  canadacentral: "Canada Central",
  centralus: "Central US",
  eastasia: "East Asia",
  eastus: "East US",
  eastus2: "East US 2",
  francecentral: "France Central",
  germanywestcentral: "Germany West Central",
  japaneast: "Japan East",
  koreacentral: "Korea Central",
  northcentralus: "North Central US",
  northeurope: "North Europe",
  norwayeast: "Norway East",
  southafricanorth: "South Africa North",
  southcentralus: "South Central US",
  southeastasia: "Southeast Asia",
  swedencentral: "Sweden Central",
  switzerlandnorth: "Switzerland North",
  uaenorth: "UAE North",
  uksouth: "UK South",
  ukwest: "UK West",
  westcentralus: "West Central US",
  westeurope: "West Europe",
  westus: "West US",
  westus2: "West US 2",
  westus3: "West US 3",
};

export const regionNames: readonly string[] = Object.values(regions);
export const displayName = (location: string): string => regions[location] ?? location;

/** `East US` and `eastus` are the same place; another one is refused as ARM does. */
export function normaliseLocation(location: unknown): string {
  if (typeof location !== "string" || location.trim() === "") {
    throw errors.invalid("LocationRequired", "The location property is required for this definition.");
  }
  const name = location.toLowerCase().replace(/\s+/g, "");
  if (!Object.hasOwn(regions, name)) {
    throw errors.invalid(
      "LocationNotAvailableForResourceType",
      `The provided location '${location}' is not available. List of available regions is '${Object.keys(regions).join(",")}'.`,
    );
  }
  return name;
}
