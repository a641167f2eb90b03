import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it. Secrets in `inputs` are still wrapped by Pulumi. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** URN and ID of its provider; empty for the default one. */
  readonly provider: string;
}

export interface MockAzure {
  readonly resources: Registered[];
  /** Invokes with their arguments, in order. */
  readonly invokes: {
    readonly token: string;
    readonly inputs: Record<string, unknown>;
    readonly provider: string;
  }[];
  /** Names of the registered hooks. */
  readonly hooks: string[];
  /** URNs of all resources; each contains the types of its parents. */
  readonly urns: () => readonly string[];
  /** The answer of getContainerApp, merged into that of a ready app; set it before the program runs. */
  live: () => Record<string, unknown>;
  /** Awaited before a resource exists; set it before the program runs. */
  created: (type: string) => Promise<void>;
}

interface MockMonitor {
  readonly resources: ReadonlyMap<string, unknown>;
  registerResourceHook: RegisterHook;
  registerErrorHook: RegisterHook;
}
type RegisterHook = (request: { getName(): string }, done: (error: null, response: object) => void) => void;

const subscription = "/subscriptions/11111111-2222-3333-4444-555555555555";

/**
 * Starts Pulumi's mocks; await it before importing the program. Says nothing about the behavior of Azure or of a
 * provider.
 */
export async function startMocks(options: { stack?: string; preview?: boolean } = {}): Promise<MockAzure> {
  let monitor: MockMonitor | undefined;
  const azure: MockAzure = {
    resources: [],
    invokes: [],
    hooks: [],
    urns: () => [...(monitor?.resources.keys() ?? [])],
    live: () => ({
      configuration: {
        activeRevisionsMode: "Single",
        ingress: { transport: "Auto", stickySessions: { affinity: "sticky" } },
      },
    }),
    created: async () => {},
  };
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, provider = "" }) => {
        azure.resources.push({ type, name, inputs, provider });
        await azure.created(type);
        return { id: `${subscription}/resourceGroups/rg/${name}`, state: { ...inputs, ...outputs(type, inputs) } };
      },
      call: ({ token, inputs, provider = "" }) => {
        azure.invokes.push({ token, inputs, provider });
        return token === "azure-native:app:getContainerApp"
          ? { ...ready, ...azure.live() }
          : { ...inputs, ...existing[token] };
      },
    },
    "agentgateway",
    options.stack ?? "prod",
    options.preview ?? false,
  );
  // The mocks do not pass parents on, but their monitor keeps resources by URN.
  monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor;
  // They claim to support hooks but cannot register one: a resource with a hook would wait forever.
  const register: RegisterHook = (request, done) => {
    azure.hooks.push(request.getName());
    done(null, {});
  };
  monitor.registerResourceHook = register;
  monitor.registerErrorHook = register;
  return azure;
}

const ready = {
  provisioningState: "Succeeded",
  latestRevisionName: "agw-prod-app--0000001",
  latestReadyRevisionName: "agw-prod-app--0000001",
};

const existing: Record<string, Record<string, unknown>> = {
  "azure-native:resources:getResourceGroup": { name: "shared-rg", location: "swedencentral" },
  "azure-native:app:getManagedEnvironment": { id: "/environments/shared", location: "swedencentral" },
};

function outputs(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const name =
    inputs[
      {
        "azure-native:resources:ResourceGroup": "resourceGroupName",
        "azure-native:app:ContainerApp": "containerAppName",
      }[type] ?? "name"
    ];
  const { configuration } = inputs as { configuration?: { ingress?: object } };
  if (type !== "azure-native:app:ContainerApp") return { name };
  const ingress = configuration?.ingress && { ...configuration.ingress, fqdn: "app.example.test" };
  return { name, latestRevisionName: `${name}--0000001`, configuration: { ...configuration, ingress } };
}

/** The value of an output, once it is known. */
export const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  (output as unknown as { promise(): Promise<T> }).promise();
