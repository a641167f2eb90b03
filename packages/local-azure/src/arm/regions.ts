import { errors } from "./errors.ts";

/** Supported Azure regions, name -> display name. Microsoft.App returns the display name. */
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

/** Returns the name of a region, given its name or display name. @throws {ArmError} as ARM does for an unknown one */
export function normalizeLocation(location: unknown): string {
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

/** @throws {ArmError} 409 if an existing resource has another location. `name`: the resource's name in the request. */
export function refuseMove(existing: { readonly location: string } | undefined, name: string, location: string): void {
  if (existing !== undefined && existing.location !== location)
    throw errors.locationConflict(name, existing.location, location);
}
