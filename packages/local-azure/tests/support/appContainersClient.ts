/**
 * Program that uses Azure's SDK (`@azure/arm-appcontainers` with `@azure/identity`), configured only by the exports of
 * `.local/env`. Prints one JSON document.
 */
import { ContainerAppsAPIClient } from "@azure/arm-appcontainers";
import { ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";

const { ARM_METADATA_HOSTNAME, ARM_SUBSCRIPTION_ID = "", ARM_TENANT_ID = "", IDENTITY_HEADER = "" } = process.env;
const endpoint = `https://${ARM_METADATA_HOSTNAME}`;
const [, , kind, environmentId = "", clientId = ""] = process.argv;
const [group, name] = ["rg", "sdk-app"];

const credential =
  kind === "secret"
    ? new ClientSecretCredential(ARM_TENANT_ID, clientId, IDENTITY_HEADER, {
        authorityHost: endpoint,
        disableInstanceDiscovery: true,
      })
    : new ManagedIdentityCredential();
const client = new ContainerAppsAPIClient(credential, ARM_SUBSCRIPTION_ID, {
  endpoint,
  credentialScopes: `${endpoint}/.default`,
});

const seen: Record<string, unknown> = {};
const created = await client.containerApps.beginCreateOrUpdateAndWait(group, name, {
  location: "eastus",
  environmentId,
  configuration: {
    activeRevisionsMode: "Single",
    ingress: { external: true, targetPort: 8080, stickySessions: { affinity: "sticky" } },
    secrets: [{ name: "key", value: "s3cret" }],
  },
  template: {
    containers: [{ name: "gateway", image: "example.invalid/gateway:1" }],
    scale: { minReplicas: 2, maxReplicas: 3 },
  },
});
seen.created = [
  created.provisioningState,
  created.configuration?.ingress?.stickySessions?.affinity,
  created.latestRevisionName,
];
const updated = await client.containerApps.beginUpdateAndWait(group, name, {
  location: "eastus",
  tags: { owner: "sdk" },
});
seen.updated = [updated.tags, updated.configuration?.ingress?.stickySessions?.affinity];
const secrets = await client.containerApps.listSecrets(group, name);
seen.secrets = secrets.value.length;
const apps: (string | undefined)[] = [];
for await (const app of client.containerApps.listBySubscription()) apps.push(app.name);
for await (const app of client.containerApps.listByResourceGroup(group)) apps.push(app.name);
seen.apps = apps;
const revisions: unknown[] = [];
for await (const revision of client.containerAppsRevisions.listRevisions(group, name)) {
  revisions.push([revision.name, revision.active, revision.createdTime instanceof Date]);
}
seen.revisions = revisions;
const replicas = await client.containerAppsRevisionReplicas.listReplicas(group, name, created.latestRevisionName ?? "");
seen.replicas = replicas.value.length;
await client.containerApps.beginDeleteAndWait(group, name);
const gone = await client.containerApps
  .get(group, name)
  .catch((error: { statusCode: number; code: string }) => [error.statusCode, error.code]);
seen.gone = gone;
console.log(JSON.stringify(seen));
