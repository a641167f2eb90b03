import { errors } from "./errors.ts";

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

/** A resource stays where it was created. `name` as the request has it. */
export function refuseMove(existing: { readonly location: string } | undefined, name: string, location: string): void {
  if (existing !== undefined && existing.location !== location)
    throw errors.locationConflict(name, existing.location, location);
}
