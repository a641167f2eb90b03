import type { Reply } from "./router.ts";
import { regionNames } from "./store.ts";
import { identity } from "./token.ts";

/** The one subscription, its tenant, its regions, and the providers that it has registered. */

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

export const listSubscriptions = (): Reply => ({
  status: 200,
  body: { value: [subscription], count: { type: "Total", value: 1 } },
});

export const getSubscription = (): Reply => ({ status: 200, body: subscription });

export const listTenants = (): Reply => ({
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

export const listLocations = (): Reply => ({
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

/** Versions that clients in use send; of them the published models are the newest stable one. */
export const versions = {
  app: ["2023-05-01", "2024-03-01", "2024-10-02-preview", "2025-01-01", "2025-02-02-preview", "2025-07-01"],
  workspaces: [
    "2020-08-01",
    "2021-06-01",
    "2021-12-01-preview",
    "2022-10-01",
    "2023-09-01",
    "2025-02-01",
    "2025-07-01",
  ],
  diagnosticSettings: ["2021-05-01-preview"],
} as const;

const resourceTypes: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  "Microsoft.App": [
    ["managedEnvironments", versions.app],
    ["containerApps", versions.app],
    ["operations", versions.app],
  ],
  "Microsoft.OperationalInsights": [["workspaces", versions.workspaces]],
  "Microsoft.Insights": [["diagnosticSettings", versions.diagnosticSettings]],
};

/** Every provider reads as registered; the local Azure models resources of a few. */
export function getProvider(namespace: string): Reply {
  const known = Object.keys(resourceTypes).find((name) => name.toLowerCase() === namespace.toLowerCase());
  return { status: 200, body: provider(known ?? namespace) };
}

export const listProviders = (): Reply => ({
  status: 200,
  body: { value: Object.keys(resourceTypes).map(provider) },
});

const provider = (namespace: string): object => ({
  id: `${subscription.id}/providers/${namespace}`,
  namespace,
  registrationPolicy: "RegistrationRequired",
  registrationState: "Registered",
  resourceTypes: (resourceTypes[namespace] ?? []).map(([resourceType, apiVersions]) => ({
    resourceType,
    locations: regionNames,
    // Newest first, as Azure lists them: clients without an opinion take the first that is no preview.
    apiVersions: apiVersions.toReversed(),
    defaultApiVersion: apiVersions.at(-1),
    capabilities: "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags, SupportsLocation",
  })),
});
