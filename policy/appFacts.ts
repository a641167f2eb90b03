import { acknowledgementTag, environments } from "../src/stack/args.ts";
import type { AppFacts } from "../src/stack/rules.ts";

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
  readonly template?: {
    readonly containers?: readonly Container[];
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

/** What the stack's rules look at, of an app as it would be deployed. What is left out is what Azure makes of it. */
export function factsOf(props: AppProps): AppFacts {
  const { configuration = {}, template = {}, tags = {} } = props;
  const container = template.containers?.[0] ?? {};
  const { ingress } = configuration;
  return {
    affinity: same(ingress?.stickySessions?.affinity, "sticky") ? "sticky" : "none",
    transport: ingress === undefined ? undefined : (transports.find((one) => same(ingress.transport, one)) ?? "auto"),
    allowInsecure: ingress?.allowInsecure === true,
    activeRevisionsMode: same(configuration.activeRevisionsMode, "Multiple") ? "Multiple" : "Single",
    minReplicas: template.scale?.minReplicas ?? 0,
    // Container Apps scales to 10 where nothing is said.
    maxReplicas: template.scale?.maxReplicas ?? 10,
    image: container.image ?? "",
    cpu: container.resources?.cpu ?? 0.5,
    memory: container.resources?.memory ?? "1Gi",
    acknowledgeNoAffinity: tags[acknowledgementTag] !== undefined,
    hasSessionKey: container.env?.some((variable) => variable.name === "SESSION_KEY") ?? false,
    environment: environments.find((name) => name === tags.environment),
    tags,
  };
}

const transports = ["auto", "http", "http2", "tcp"] as const;

/** Azure takes its words in any case, and answers in its own. */
const same = (given: string | undefined, word: string): boolean => given?.toLowerCase() === word.toLowerCase();
