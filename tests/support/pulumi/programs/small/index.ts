// The resource types of the real stack in the fewest lines, for tests of the engine and its providers alone.
import * as app from "@pulumi/azure-native/app/index.js";
import * as resources from "@pulumi/azure-native/resources/index.js";
import * as local from "@pulumi/command/local/index.js";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const affinity = config.get("affinity") ?? "sticky";

/**
 * Options of the app that a test sets: paths to ignore, protection, and hooks that refuse an update or ask to try
 * again.
 */
function appOptions(): pulumi.CustomResourceOptions {
  const [refusal, retryOn] = [config.get("refuseUpdate"), config.get("retryOn")];
  // With a secret in it, the configuration reaches a hook as an output.
  const affinityIn = (values?: Record<string, unknown>): Promise<unknown> =>
    new Promise((resolve) =>
      pulumi
        .output(values?.configuration as app.ContainerAppArgs["configuration"])
        .apply((configuration) => resolve(configuration?.ingress?.stickySessions?.affinity)),
    );
  const beforeUpdate = new pulumi.ResourceHook(
    "refusing",
    async ({ oldInputs, newInputs }) => {
      if (refusal) throw new Error(`${refusal}: ${await affinityIn(oldInputs)} -> ${await affinityIn(newInputs)}`);
    },
    { onDryRun: config.getBoolean("refusePreview") ?? false },
  );
  const onError = new pulumi.ErrorHook("retrying", ({ failedOperation, errors }) => {
    pulumi.log.info(`asked about ${failedOperation}: ${JSON.stringify(errors)}`);
    return retryOn !== undefined && (errors[0]?.includes(retryOn) ?? false);
  });
  return {
    ignoreChanges: config.getObject<string[]>("ignoreChanges") ?? [],
    protect: config.getBoolean("protect") ?? false,
    ...(config.getBoolean("hooks") && { hooks: { beforeUpdate: [beforeUpdate], onError: [onError] } }),
  };
}

class Gateway extends pulumi.ComponentResource {
  readonly fqdn: pulumi.Output<string>;
  constructor(name: string, opts: pulumi.ComponentResourceOptions = {}) {
    super("small:index:Gateway", name, {}, opts);
    const parent = { parent: this };
    const group = new resources.ResourceGroup(
      "group",
      { resourceGroupName: "small-rg", location: config.get("location") ?? "westeurope" },
      parent,
    );
    const environment = new app.ManagedEnvironment(
      "env",
      { environmentName: "small-env", resourceGroupName: group.name, location: group.location },
      parent,
    );
    const args: app.ContainerAppArgs = {
      containerAppName: "small-app",
      resourceGroupName: group.name,
      location: group.location,
      environmentId: config.get("environmentId") ?? environment.id,
      configuration: {
        activeRevisionsMode: "Single",
        ingress: { external: true, targetPort: 8080, stickySessions: { affinity } },
        secrets: [{ name: "key", value: pulumi.secret("an-example-of-a-secret") }],
      },
      template: {
        containers: [{ name: "gateway", image: config.get("image") ?? "nginx:1" }],
        scale: { minReplicas: 1, maxReplicas: 2 },
      },
    };
    // As in the real stack: azure-native's constructor would make all of the configuration one secret.
    const transformations = [
      ({ props, opts }: pulumi.ResourceTransformationArgs) => ({
        props: { ...props, configuration: args.configuration },
        opts,
      }),
    ];
    const gateway = new app.ContainerApp("app", args, { ...appOptions(), parent: this, transformations });
    const command = new local.Command(
      "affinity",
      {
        create: config.get("command") ?? 'echo "$APP is $AFFINITY"',
        environment: { APP: gateway.name, AFFINITY: affinity },
      },
      { parent: this, dependsOn: gateway },
    );
    const live = app.getContainerAppOutput(
      { resourceGroupName: group.name, containerAppName: gateway.name },
      { dependsOn: [command], parent: this },
    );
    this.fqdn = pulumi.unsecret(live.apply(({ configuration }) => configuration?.ingress?.fqdn ?? ""));
    this.registerOutputs({ fqdn: this.fqdn });
  }
}

const gateway = new Gateway("gateway");
export const url = pulumi.interpolate`https://${gateway.fqdn}`;
export const hidden = pulumi.secret("an-example-of-a-hidden-output");
