import { expect, test } from "vitest";
import { environmentLimits } from "../../../src/component/live/environmentLimits.ts";
import { type AgentGatewayArgs, resolveArgs } from "../../../src/config/args.ts";
import type { Issue } from "../../../src/messages/issues.ts";

const base: AgentGatewayArgs = {
  environment: "dev",
  containerAppName: "app",
  environmentName: "env",
  existingEnvironmentResourceGroup: "net-rg",
  workspaceName: "logs",
  resourceGroupName: "rg",
  image: "example/image:1",
};
const limits = (args: Partial<AgentGatewayArgs>, environment: Parameters<typeof environmentLimits>[1]): Issue[] =>
  environmentLimits(resolveArgs({ ...base, ...args }), environment);

const subnet = { infrastructureSubnetId: "/subscriptions/s/subnets/x" };
const workloadProfiles = [{ name: "Consumption" }];

test("external TCP needs an environment with a virtual network", () => {
  const tcp = { transport: "tcp" } as const;
  for (const vnetConfiguration of [undefined, null, {}]) {
    expect(limits(tcp, { vnetConfiguration, workloadProfiles })).toEqual([
      {
        key: "external",
        rule: "must be false with transport tcp: the existing environment has no virtual network",
        got: "true, with transport tcp",
        wayOut: "pulumi config set external false, or pulumi config set existingEnvironmentName OTHER-ENVIRONMENT",
      },
    ]);
  }
  expect(limits(tcp, { vnetConfiguration: subnet, workloadProfiles })).toEqual([]);
  expect(limits({ ...tcp, external: false }, { workloadProfiles })).toEqual([]);
  expect(limits({ ...tcp, ingress: false }, { workloadProfiles })).toEqual([]);
  expect(limits({}, { workloadProfiles })).toEqual([]);
});

test("more than 2 vCPU needs an environment with workload profiles", () => {
  for (const none of [undefined, null, []]) {
    expect(limits({ cpu: 2.25 }, { workloadProfiles: none })).toEqual([
      {
        key: "cpu",
        rule: "must be at most 2: the existing environment has no workload profiles",
        got: "2.25",
        wayOut:
          "pulumi config set cpu 2 && pulumi config set memory 4Gi, or pulumi config set existingEnvironmentName OTHER-ENVIRONMENT",
      },
    ]);
    expect(limits({ cpu: 2 }, { workloadProfiles: none })).toEqual([]);
  }
  expect(limits({ cpu: 4 }, { workloadProfiles })).toEqual([]);
});
