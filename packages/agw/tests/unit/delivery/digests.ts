import type { PreviewDigest, PreviewStep, Properties } from "../../../src/delivery/digest/previewDigest.ts";

const types = {
  app: "azure-native:app:ContainerApp",
  environment: "azure-native:app:ManagedEnvironment",
  group: "azure-native:resources:ResourceGroup",
  workspace: "azure-native:operationalinsights:Workspace",
  diagnostics: "azure-native:monitor:DiagnosticSetting",
  stack: "pulumi:pulumi:Stack",
  command: "agentgateway:index:SessionAffinity$command:local:Command",
} as const;

/** A step of a resource in the stack, as `pulumi preview --json` prints it. */
export function step(
  op: string,
  what: keyof typeof types,
  before?: Properties,
  after?: Properties,
  paths: string[] = [],
): PreviewStep {
  const type = types[what];
  const state = (inputs: Properties) => ({ type, inputs, custom: what !== "stack" });
  return {
    op,
    urn: `urn:pulumi:prod::agentgateway::agentgateway:index:AgentGateway$${type}::gateway-${what}`,
    ...(before && { oldState: state(before) }),
    ...(after && { newState: state(after) }),
    detailedDiff: paths.length === 0 ? null : Object.fromEntries(paths.map((path) => [path, { kind: "update" }])),
  };
}

/** The inputs of a container app with this affinity and image. */
export function app(affinity: "sticky" | "none" | "unset" | "hidden", image = "gateway:1"): Properties {
  const stickySessions = affinity === "unset" ? {} : { stickySessions: { affinity } };
  return {
    configuration: affinity === "hidden" ? "[secret]" : { ingress: { external: true, ...stickySessions } },
    template: { containers: [{ name: "gateway", image }] },
  };
}

export const command = (affinity: "sticky" | "none"): Properties => ({ environment: { AFFINITY: affinity } });

export const digest = (...steps: PreviewStep[]): PreviewDigest => ({ steps, changeSummary: {} });
