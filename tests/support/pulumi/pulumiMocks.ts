import * as pulumi from "@pulumi/pulumi";

/** One resource as the program registered it; `inputs` still hold secrets in Pulumi's wrapping. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** URN and id of the provider that it was given; empty for the default one. */
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
  /** Names of the hooks that were registered. */
  readonly hooks: string[];
  /** URN of every resource; each names its parents' types. */
  readonly urns: () => readonly string[];
  /** What getContainerApp answers of an app that is otherwise ready; may be changed before the program runs. */
  live: () => Record<string, unknown>;
  /** Awaited before a resource is there; may be changed before the program runs. */
  created: (type: string) => Promise<void>;
}

interface MockMonitor {
  readonly resources: ReadonlyMap<string, unknown>;
  registerResourceHook: RegisterHook;
  registerErrorHook: RegisterHook;
}
type RegisterHook = (request: { getName(): string }, done: (error: null, response: object) => void) => void;

const subscription = "/subscriptions/11111111-2222-3333-4444-555555555555";

/** Starts Pulumi's mocks; has to be awaited before the program is imported. Proves nothing about Azure's or a provider's behaviour. */
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
  // The mocks hand no parents over; their monitor keeps what it registered by URN.
  monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor;
  // They say that they support hooks, and lack what registers one: a resource with a hook would wait for ever.
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

/** The value of an output, once it is there. */
export const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  (output as unknown as { promise(): Promise<T> }).promise();
