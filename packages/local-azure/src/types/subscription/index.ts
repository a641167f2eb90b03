import { type ResourceType, scope } from "../../arm/cloud.ts";
import { getProvider, getSubscription, listLocations, listProviders, listSubscriptions, listTenants } from "./reads.ts";

const one = scope.subscription;

/** The only subscription with its tenant, regions and registered providers. */
export const subscription: ResourceType = {
  type: "Microsoft.Resources/subscriptions",
  versions: "any",
  routes: [
    ["GET", "/subscriptions", listSubscriptions],
    ["GET", "/tenants", listTenants],
    ["GET", one, getSubscription],
    ["GET", `${one}/locations`, listLocations],
    ["GET", `${one}/providers`, listProviders],
    ["GET", `${one}/providers/{namespace}`, getProvider],
    ["POST", `${one}/providers/{namespace}/register`, getProvider],
  ],
};
