import { type AppFacts, acknowledged, acknowledgementTag, environments } from "../src/rules/facts.ts";

/** The inputs of an azure-native Container App, as far as the rules look at them; all of it may be missing. */
export interface AppProps {
  readonly configuration?: {
    readonly activeRevisionsMode?: string;
    readonly ingress?: {
      readonly transport?: string;
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
 * What the stack's rules look at, of an app as it would be deployed: once for each image that it runs, and all else the same.
 * What is left out is what Azure makes of it.
 */
export function factsOf(props: AppProps): AppFacts[] {
  const { configuration = {}, template = {}, tags = {} } = props;
  const { containers = [] } = template;
  const { ingress } = configuration;
  const app = {
    affinity: same(ingress?.stickySessions?.affinity, "sticky") ? "sticky" : "none",
    transport: ingress === undefined ? undefined : (transports.find((one) => same(ingress.transport, one)) ?? "auto"),
    allowInsecure: ingress?.allowInsecure === true,
    activeRevisionsMode: same(configuration.activeRevisionsMode, "Multiple") ? "Multiple" : "Single",
    minReplicas: template.scale?.minReplicas ?? 0,
    // Container Apps scales to 10 where nothing is said.
    maxReplicas: template.scale?.maxReplicas ?? 10,
    ...sizeOf(containers),
    acknowledgeNoAffinity: tags[acknowledgementTag] === acknowledged,
    hasSessionKey: containers.some(({ env = [] }) => env.some(({ name }) => name === "SESSION_KEY")),
    environment: environments.find((name) => name === tags.environment),
    tags,
  } as const;
  const images = new Set(allContainers(props).map(({ image = "" }) => image));
  return [...(images.size === 0 ? [""] : images)].map((image) => ({ ...app, image }));
}

/** Every container of an app, those included that run before the others. */
export const allContainers = ({ template = {} }: AppProps): readonly Container[] => [
  ...(template.initContainers ?? []),
  ...(template.containers ?? []),
];

/** A profile is named by its environment, but this name is Azure's own. */
export const isOnConsumption = ({ workloadProfileName = "Consumption" }: AppProps): boolean =>
  same(workloadProfileName, "Consumption");

/** Of a replica: its containers together. A memory in another unit than Gi stands for itself: it is refused by its text. */
function sizeOf(containers: readonly Container[]): Pick<AppFacts, "cpu" | "memory"> {
  const sizes = containers.length === 0 ? [{}] : containers.map(({ resources = {} }) => resources);
  const memories = sizes.map(({ memory = "1Gi" }) => memory);
  const sum = rounded(memories.map((memory) => Number(/^(\d+(?:\.\d+)?)Gi$/.exec(memory)?.[1])));
  return {
    cpu: rounded(sizes.map(({ cpu = 0.5 }) => cpu)),
    memory: Number.isNaN(sum) ? memories.join(" + ") : `${sum}Gi`,
  };
}

/** The sum without what binary fractions add to it. */
const rounded = (numbers: readonly number[]): number =>
  Math.round(numbers.reduce((sum, number) => sum + number, 0) * 1e6) / 1e6;

const transports = ["auto", "http", "http2", "tcp"] as const;

/** Azure takes its words in any case, and answers in its own. */
export const same = (given: string | undefined, word: string): boolean => given?.toLowerCase() === word.toLowerCase();
