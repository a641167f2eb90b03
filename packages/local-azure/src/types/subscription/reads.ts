import type { Cloud, ResourceType } from "../../arm/cloud.ts";
import { regionNames } from "../../arm/regions.ts";
import type { ArmCall, ArmReply } from "../../arm/router.ts";
import { identity } from "../../arm/token.ts";

const subscription = {
  id: `/subscriptions/${identity.subscription}`,
  authorizationSource: "RoleBased",
  managedByTenants: [],
  subscriptionId: identity.subscription,
  tenantId: identity.tenant,
  displayName: identity.subscriptionName,
  state: "Enabled",
  subscriptionPolicies: {
    locationPlacementId: "Public_2014-09-01",
    quotaId: "PayAsYouGo_2014-09-01",
    spendingLimit: "Off",
  },
};

export const listSubscriptions = (): ArmReply => ({
  status: 200,
  body: { value: [subscription], count: { type: "Total", value: 1 } },
});

export const getSubscription = (): ArmReply => ({ status: 200, body: subscription });

export const listTenants = (): ArmReply => ({
  status: 200,
  body: {
    value: [
      {
        id: `/tenants/${identity.tenant}`,
        tenantId: identity.tenant,
        displayName: "Local",
        defaultDomain: "local.invalid",
      },
    ],
  },
});

export const listLocations = (): ArmReply => ({
  status: 200,
  body: {
    value: regionNames.map((displayName) => {
      const name = displayName.toLowerCase().replace(/\s+/g, "");
      return {
        id: `${subscription.id}/locations/${name}`,
        name,
        type: "Region",
        displayName,
        regionalDisplayName: displayName,
      };
    }),
  },
});

/** Returns any provider as registered, although the local Azure only implements types of a few. */
export function getProvider({ types }: Cloud, { params: { namespace = "" } }: ArmCall): ArmReply {
  const known = namespaces(types).find((name) => name.toLowerCase() === namespace.toLowerCase());
  return { status: 200, body: readProvider(known ?? namespace, types) };
}

export const listProviders = ({ types }: Cloud): ArmReply => ({
  status: 200,
  body: { value: namespaces(types).map((name) => readProvider(name, types)) },
});

/** Namespaces of the types that have a list of versions. The other types belong to Azure Resource Manager itself. */
const namespaces = (types: readonly ResourceType[]): readonly string[] => [
  ...new Set(types.filter(({ versions }) => typeof versions !== "string").map(({ type }) => namespaceOf(type))),
];

const namespaceOf = (type: string): string => type.split("/")[0] ?? "";

const readProvider = (namespace: string, types: readonly ResourceType[]): object => ({
  id: `${subscription.id}/providers/${namespace}`,
  namespace,
  registrationPolicy: "RegistrationRequired",
  registrationState: "Registered",
  resourceTypes: types
    .filter(({ type }) => namespaceOf(type) === namespace)
    .flatMap(({ type, versions }) => (typeof versions === "string" ? [] : [readType(type, versions)])),
});

const readType = (type: string, apiVersions: readonly string[]): object => ({
  resourceType: type.slice(type.indexOf("/") + 1),
  locations: regionNames,
  // Newest first, as on Azure: clients that need no particular version use the first stable one.
  apiVersions: apiVersions.toReversed(),
  defaultApiVersion: apiVersions.at(-1),
  capabilities: "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags, SupportsLocation",
});
