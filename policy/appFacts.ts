import { type AppFacts, acknowledged, acknowledgementTag } from "../src/rules/facts.ts";

/** Inputs of an azure-native ContainerApp that the rules use. Each can be missing. */
export interface AppProps {
  readonly configuration?: {
    readonly activeRevisionsMode?: string;
    readonly ingress?: {
      readonly transport?: string;
      readonly external?: boolean;
      readonly clientCertificateMode?: string;
      readonly allowInsecure?: boolean;
      readonly stickySessions?: { readonly affinity?: string };
    };
    readonly secrets?: readonly { readonly name?: string; readonly value?: string }[];
  };
  /** Default: Consumption. */
  readonly workloadProfileName?: string;
  readonly template?: {
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly scale?: { readonly minReplicas?: number; readonly maxReplicas?: number };
  };
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly env?: readonly { readonly name?: string; readonly value?: string; readonly secretRef?: string }[];
  readonly probes?: readonly { readonly type?: string }[];
  readonly resources?: { readonly cpu?: number; readonly memory?: string };
}

/**
 * Derives the rules' input from an app's inputs: one result per image, otherwise identical. Missing inputs get Azure's
 * defaults.
 */
export function factsOf(props: AppProps): AppFacts[] {
  const { configuration = {}, template = {}, tags = {} } = props;
  const { containers = [] } = template;
  const { ingress } = configuration;
  const app = {
    affinity: same(ingress?.stickySessions?.affinity, "sticky") ? "sticky" : "none",
    transport: ingress === undefined ? undefined : (transports.find((one) => same(ingress.transport, one)) ?? "auto"),
    external: ingress?.external === true,
    // Not known, because the environment is a different resource.
    createsEnvironment: false,
    clientCertificateMode: modes.find((one) => same(ingress?.clientCertificateMode, one)) ?? "ignore",
    allowInsecure: ingress?.allowInsecure === true,
    activeRevisionsMode: same(configuration.activeRevisionsMode, "Multiple") ? "Multiple" : "Single",
    minReplicas: template.scale?.minReplicas ?? 0,
    // Container Apps' default.
    maxReplicas: template.scale?.maxReplicas ?? 10,
    ...sizeOf(containers),
    acknowledgeNoAffinity: tags[acknowledgementTag] === acknowledged,
    // `secrets-by-reference` checks every container instead.
    exposed: [],
  } as const;
  const images = new Set(allContainers(props).map(({ image = "" }) => image));
  return [...(images.size === 0 ? [""] : images)].map((image) => ({ ...app, image }));
}

/** All containers of an app, including init containers. */
export const allContainers = ({ template = {} }: AppProps): readonly Container[] => [
  ...(template.initContainers ?? []),
  ...(template.containers ?? []),
];

/** Environments choose the names of their profiles, except for Consumption, which Azure names. */
export const isOnConsumption = ({ workloadProfileName = "Consumption" }: AppProps): boolean =>
  same(workloadProfileName, "Consumption");

/**
 * Size of a replica: the sum over its containers. Memory that is not in Gi stays as written, and the rule refuses it.
 */
function sizeOf(containers: readonly Container[]): Pick<AppFacts, "cpu" | "memory"> {
  const sizes = containers.length === 0 ? [{}] : containers.map(({ resources = {} }) => resources);
  const memories = sizes.map(({ memory = "1Gi" }) => memory);
  const sum = rounded(memories.map((memory) => Number(/^(\d+(?:\.\d+)?)Gi$/.exec(memory)?.[1])));
  return {
    cpu: rounded(sizes.map(({ cpu = 0.5 }) => cpu)),
    memory: Number.isNaN(sum) ? memories.join(" + ") : `${sum}Gi`,
  };
}

/** Sums numbers without floating-point noise. */
const rounded = (numbers: readonly number[]): number =>
  Math.round(numbers.reduce((sum, number) => sum + number, 0) * 1e6) / 1e6;

const modes = ["ignore", "accept", "require"] as const;
const transports = ["auto", "http", "http2", "tcp"] as const;

/** Compares values as Azure does, without regard to case. */
export const same = (given: string | undefined, word: string): boolean => given?.toLowerCase() === word.toLowerCase();
