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
  test("the path takes subscription, group and name, with what is special escaped", () => {
    expect(armPath(app, "s", { resourceGroupName: "r g", containerAppName: "web" })).toBe(
      "/subscriptions/s/resourceGroups/r%20g/providers/Microsoft.App/containerApps/web",
    );
  });
  test("a setting's path begins with the whole id of what it belongs to", () => {
    const setting = type("monitor:DiagnosticSetting");
    expect(armPath(setting, "s", { resourceUri: "/subscriptions/s/x", name: "n" })).toBe(
      "/subscriptions/s/x/providers/Microsoft.Insights/diagnosticSettings/n",
    );
  });
  test("the body holds neither name nor group, and the type's own properties one level down", () => {
    expect(toBody(app, inputs)).toEqual({
      location: "westeurope",
      tags: { a: "1" },
      properties: { environmentId: "/env" },
    });
  });
  test("user-assigned identities become ARM's map, and a list again", () => {
    const identity = { type: "UserAssigned", userAssignedIdentities: ["/id/1"] };
    const body = toBody(app, { ...inputs, identity });
    expect(body.identity).toEqual({ type: "UserAssigned", userAssignedIdentities: { "/id/1": {} } });
    expect(projectToInputs(app, toOutputs(app, body)).identity).toEqual(identity);
  });
  test("an id gives back the inputs that are part of it, however Azure spells the type", () => {
    const id = armPath(app, "s", { resourceGroupName: "r g", containerAppName: "web" });
    const found = { resourceGroupName: "r g", containerAppName: "web" };
    expect(fromArmPath(app, id.replace("containerApps", "containerapps"))).toEqual(found);
    const setting = type("monitor:DiagnosticSetting");
    const at = { resourceUri: "/subscriptions/s/x", name: "n" };
    expect(fromArmPath(setting, armPath(setting, "s", at))).toEqual(at);
  });
  test("an input that the type does not have is named, with those that there are", () => {
    const [problem, ...more] = unknownInputs(app, { ...inputs, enviromentId: "x" });
    expect(more).toEqual([]);
    expect(problem?.reason).toMatch(/^unknown property 'enviromentId'; there are: resourceGroupName, .*environmentId/);
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
  test("properties come to the top, nulls and what the type does not have are left out", () => {
    expect(toOutputs(app, body)).toEqual({
      azureApiVersion: "2025-02-02-preview",
      name: "web",
      location: "West Europe",
      provisioningState: "Succeeded",
      environmentId: "/env",
      configuration: { ingress: { fqdn: "web.example", external: true } },
    });
  });
  test("projected to inputs, what only Azure writes is left out", () => {
    expect(projectToInputs(app, toOutputs(app, body))).toEqual({
      location: "West Europe",
      environmentId: "/env",
      configuration: { ingress: { external: true } },
    });
  });
});

test("an input that repeats another is one all the same: what Azure answers of it reaches the inputs", () => {
  const answer = { properties: { environmentId: "/env", managedEnvironmentId: "/env" } };
  expect(projectToInputs(app, toOutputs(app, answer))).toEqual({ environmentId: "/env", managedEnvironmentId: "/env" });
});

test("what Azure's API models fix at creation needs a new resource", () => {
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

test("a preview knows the inputs, and nothing that Azure will fill in", () => {
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
