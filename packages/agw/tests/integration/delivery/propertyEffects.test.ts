import ts from "typescript";
import { describe, expect, test } from "vitest";
import { effectTables } from "../../../src/delivery/forecast/effectTables.ts";
import { effectOf } from "../../../src/delivery/forecast/propertyEffects.ts";

/** The type declarations of each resource's inputs. */
const native = "node_modules/@pulumi/azure-native";
const declarations: Readonly<Record<string, readonly [file: string, name: string]>> = {
  "azure-native:app:ContainerApp": [`${native}/app/containerApp.d.ts`, "ContainerAppArgs"],
  "azure-native:app:ManagedEnvironment": [`${native}/app/managedEnvironment.d.ts`, "ManagedEnvironmentArgs"],
  "azure-native:operationalinsights:Workspace": [`${native}/operationalinsights/workspace.d.ts`, "WorkspaceArgs"],
  "azure-native:monitor:DiagnosticSetting": [`${native}/monitor/diagnosticSetting.d.ts`, "DiagnosticSettingArgs"],
  "azure-native:resources:ResourceGroup": [`${native}/resources/resourceGroup.d.ts`, "ResourceGroupArgs"],
  "agentgateway:index:SessionAffinity$command:local:Command": [
    "node_modules/@pulumi/command/local/command.d.ts",
    "CommandArgs",
  ],
};

const files = Object.values(declarations).map(([file]) => file);
const program = ts.createProgram(files, { skipLibCheck: true, types: [], module: ts.ModuleKind.NodeNext });
const checker = program.getTypeChecker();

/** Returns the paths of all inputs of a resource: `a.b[].c`, `tags.*`. */
function inputsOf([file, name]: readonly [string, string]): string[] {
  const source = program.getSourceFile(file) as ts.SourceFile;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
  const symbol = exported.find((each) => each.name === name) as ts.Symbol;
  const members = (type: ts.Type, path: string): string[] =>
    checker.getPropertiesOfType(type).flatMap((property) => {
      const inner = checker.getTypeOfSymbolAtLocation(property, source);
      return pathsOf(inner, path === "" ? property.name : `${path}.${property.name}`);
    });
  /** An input is a value, or a promise or an output of it. */
  const pathsOf = (type: ts.Type, path: string): string[] => {
    const types = (type.isUnion() ? type.types : [type]).filter(
      (each) => !["Promise", "OutputInstance"].includes(each.symbol?.name ?? ""),
    );
    const [object] = types.filter((each) => (each.flags & ts.TypeFlags.Object) !== 0);
    if (object === undefined) return [path];
    if (checker.isArrayType(object)) {
      const [item] = checker.getTypeArguments(object as ts.TypeReference);
      return pathsOf(item as ts.Type, `${path}[]`);
    }
    return checker.getPropertiesOfType(object).length === 0 ? [`${path}.*`] : members(object, path);
  };
  return members(checker.getDeclaredTypeOfSymbol(symbol), "");
}

/** Properties whose effect on live clients nobody has found out. A comment says so when one changes. */
const unknown: Readonly<Record<string, readonly string[]>> = {
  "azure-native:app:ContainerApp": [
    "configuration.dapr",
    "configuration.revisionTransitionThreshold",
    "configuration.runtime",
    "configuration.service",
    "configuration.targetLabel",
    "extendedLocation",
    "managedBy",
    "patchingConfiguration",
  ],
  "azure-native:app:ManagedEnvironment": [
    "appInsightsConfiguration",
    "availabilityZones",
    "daprAIConnectionString",
    "daprAIInstrumentationKey",
    "diskEncryptionConfiguration",
    "kind",
    "openTelemetryConfiguration",
  ],
  "azure-native:resources:ResourceGroup": ["managedBy"],
  "agentgateway:index:SessionAffinity$command:local:Command": ["archivePaths", "assetPaths", "delete", "dir"],
};

describe("the effects of properties", () => {
  test("cover every resource type in the tables", () => {
    expect(Object.keys(declarations).toSorted()).toEqual(Object.keys(effectTables).toSorted());
  });

  test.each(Object.entries(declarations))(
    "%s: every input has an effect, or is listed as unknown",
    (type, declared) => {
      const inputs = inputsOf(declared);
      expect(inputs.length).toBeGreaterThan(3);
      const found = inputs.map((path) => ({ path, effect: effectOf(type, path).effect }));
      const listed = unknown[type] ?? [];
      const isListed = (path: string) =>
        listed.some((each) => path === each || path.startsWith(`${each}.`) || path.startsWith(`${each}[`));
      expect(found.filter(({ effect }) => effect.kind === "unknown").map(({ path }) => path)).toEqual(
        inputs.filter(isListed),
      );
      // Each row is about a property that exists.
      const rows = Object.keys(effectTables[type] ?? {});
      const used = new Set(found.map(({ effect }) => effect));
      expect(
        rows.filter((row) => !inputs.some((path) => path === row || path.startsWith(row.replace(/\*$/, "")))),
      ).toEqual([]);
      expect(used.size).toBeGreaterThan(1);
    },
  );

  test.each(Object.keys(declarations))(
    "%s: a property that doesn't exist is unknown, or in a part that is never harmless",
    (type) => {
      const inputs = inputsOf(declarations[type] ?? ["", ""]).filter((path) => !path.endsWith(".*"));
      for (const path of [
        "madeUp",
        ...inputs.map((each) => `${each}.madeUp`),
        ...inputs.map((each) => each.replace(/\w+(\[\])?$/, "madeUp")),
      ])
        expect(["harmless", "shown elsewhere"], path).not.toContain(effectOf(type, path).effect.kind);
    },
  );
});

test.each([
  ["tags.a", "harmless"],
  ['tags["a.b"]', "harmless"],
  ["tags", "harmless"],
  ["template.madeUp", "ends sessions"],
  ["template", "ends sessions"],
  ["templates", "unknown"],
  ["configuration", "unknown"],
  ["configuration.ingress", "unknown"],
  ["configuration.ingress.stickySessions", "shown elsewhere"],
  ["configuration.ingress.customDomains[0].name", "cuts clients off"],
  ["constructor", "unknown"],
  ["__proto__", "unknown"],
])("the effect of the app's %s: %s", (path, kind) => {
  expect(effectOf("azure-native:app:ContainerApp", path).effect.kind).toBe(kind);
});
