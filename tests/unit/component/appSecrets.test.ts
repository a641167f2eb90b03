import { expect, test } from "vitest";
import { retiredSecrets } from "../../../src/component/appSecrets.ts";

const live = (names: readonly string[], template: object = {}) => ({
  id: "/app",
  location: "eastus2",
  configuration: { secrets: names.map((name) => ({ name })) },
  template,
});
const uses = (secretRef: string) => ({
  containers: [
    {
      env: [
        { name: "A", value: '"secretRef":"quoted"' },
        { name: "B", secretRef },
      ],
    },
  ],
  volumes: [{ secrets: [{ secretRef: "mounted" }] }],
});

test.each([
  ["a new app has none", [], [], undefined, []],
  ["declared secrets are not retired", [], ["one"], live(["one"]), []],
  ["undeclared ones are", [], ["one"], live(["one", "two"]), ["two"]],
  ["dropped ones are not", ["two"], ["one"], live(["one", "two"]), []],
  ["unless the latest revision uses them", ["two"], ["one"], live(["one", "two"], uses("two")), ["two"]],
  ["also in a volume", ["mounted"], [], live(["mounted"], uses("two")), ["mounted"]],
  ["text in values is no use", ["quoted"], [], live(["quoted"], uses("two")), []],
])("%s", (_title, dropped, declared, app, expected) => {
  expect(retiredSecrets(dropped, declared, app)).toEqual(expected);
});
