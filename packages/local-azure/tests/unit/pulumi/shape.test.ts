import { describe, expect, test } from "vitest";
import { unknown } from "../../../src/pulumi/protocol/values.ts";
import {
  armPath,
  fromArmPath,
  previewOutputs,
  projectToInputs,
  toBody,
  toOutputs,
  unknownInputs,
} from "../../../src/pulumi/providers/azureNative/shape.ts";
import { type NativeType, resourceTypes } from "../../../src/pulumi/providers/azureNative/types.ts";

const type = (name: string): NativeType => {
  const found = resourceTypes[`azure-native:${name}`];
  if (found === undefined) throw new Error(`no type ${name}`);
  return found;
};
const app = type("app:ContainerApp");
const inputs = {
  resourceGroupName: "rg",
  containerAppName: "web",
  location: "westeurope",
  tags: { a: "1" },
  environmentId: "/env",
};

describe("to ARM", () => {
  test("the path contains the subscription, group and name, with special characters escaped", () => {
    expect(armPath(app, "s", { resourceGroupName: "r g", containerAppName: "web" })).toBe(
      "/subscriptions/s/resourceGroups/r%20g/providers/Microsoft.App/containerApps/web",
    );
  });
  test("a setting's path begins with the full id of the resource that it belongs to", () => {
    const setting = type("monitor:DiagnosticSetting");
    expect(armPath(setting, "s", { resourceUri: "/subscriptions/s/x", name: "n" })).toBe(
      "/subscriptions/s/x/providers/Microsoft.Insights/diagnosticSettings/n",
    );
  });
  test("the body contains neither name nor group, and the type's properties are one level down", () => {
    expect(toBody(app, inputs)).toEqual({
      location: "westeurope",
      tags: { a: "1" },
      properties: { environmentId: "/env" },
    });
  });
  test("user-assigned identities become ARM's map, and a list again on the way back", () => {
    const identity = { type: "UserAssigned", userAssignedIdentities: ["/id/1"] };
    const body = toBody(app, { ...inputs, identity });
    expect(body.identity).toEqual({ type: "UserAssigned", userAssignedIdentities: { "/id/1": {} } });
    expect(projectToInputs(app, toOutputs(app, body)).identity).toEqual(identity);
  });
  test("the inputs in an id are read back from it, whatever case Azure uses for the type", () => {
    const id = armPath(app, "s", { resourceGroupName: "r g", containerAppName: "web" });
    const found = { resourceGroupName: "r g", containerAppName: "web" };
    expect(fromArmPath(app, id.replace("containerApps", "containerapps"))).toEqual(found);
    const setting = type("monitor:DiagnosticSetting");
    const at = { resourceUri: "/subscriptions/s/x", name: "n" };
    expect(fromArmPath(setting, armPath(setting, "s", at))).toEqual(at);
  });
  test("an unknown input is an error that names it and the known ones", () => {
    const [problem, ...more] = unknownInputs(app, { ...inputs, enviromentId: "x" });
    expect(more).toEqual([]);
    expect(problem?.reason).toMatch(
      /^unknown property 'enviromentId'\. Known properties: resourceGroupName, .*environmentId/,
    );
  });
});

describe("from ARM", () => {
  const body = {
    id: "/subscriptions/s/x",
    name: "web",
    location: "West Europe",
    properties: {
      provisioningState: "Succeeded",
      environmentId: "/env",
      somethingNew: 1,
      configuration: { ingress: { fqdn: "web.example", external: true, corsPolicy: null } },
    },
  };
  test("properties move to the top level; nulls and unknown properties are dropped", () => {
    expect(toOutputs(app, body)).toEqual({
      azureApiVersion: "2025-02-02-preview",
      name: "web",
      location: "West Europe",
      provisioningState: "Succeeded",
      environmentId: "/env",
      configuration: { ingress: { fqdn: "web.example", external: true } },
    });
  });
  test("projected to inputs, properties that only Azure sets are dropped", () => {
    expect(projectToInputs(app, toOutputs(app, body))).toEqual({
      location: "West Europe",
      environmentId: "/env",
      configuration: { ingress: { external: true } },
    });
  });
});

test("an input that repeats another one is still projected to the inputs", () => {
  const answer = { properties: { environmentId: "/env", managedEnvironmentId: "/env" } };
  expect(projectToInputs(app, toOutputs(app, answer))).toEqual({ environmentId: "/env", managedEnvironmentId: "/env" });
});

test("create-only properties in Azure's API models require a replacement", () => {
  expect(app.forceNew).toEqual(["environmentId", "managedEnvironmentId", "kind"]);
  expect(type("app:ManagedEnvironment").forceNew).toEqual([
    "infrastructureResourceGroup",
    "zoneRedundant",
    "customDomainConfiguration.dnsSuffix",
    "vnetConfiguration.dockerBridgeCidr",
    "vnetConfiguration.infrastructureSubnetId",
    "vnetConfiguration.internal",
    "vnetConfiguration.platformReservedCidr",
    "vnetConfiguration.platformReservedDnsIP",
  ]);
});

test("a preview knows the inputs, but not what Azure will fill in", () => {
  const outputs = previewOutputs(app, { ...inputs, configuration: { ingress: { external: true } } }, {});
  expect(outputs).toMatchObject({
    location: "westeurope",
    configuration: { ingress: { external: true, fqdn: unknown } },
    latestRevisionName: unknown,
    name: unknown,
  });
  const again = previewOutputs(app, inputs, { name: "web", location: "West Europe" });
  expect(again).toMatchObject({ name: "web", location: "West Europe" });
});
