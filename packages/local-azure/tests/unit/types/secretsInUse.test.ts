import { expect, test } from "vitest";
import type { App, AppBody, Revision } from "../../../src/types/containerApp/model/app.ts";
import { secretsInUse } from "../../../src/types/containerApp/rules/secretsInUse.ts";

const template = (secretRef: string) => ({ containers: [{ name: "a", image: "i", env: [{ name: "V", secretRef }] }] });
const revision = (name: string, phase: Revision["phase"], used: Revision["template"]) =>
  ({ name, phase, template: used }) as Revision;
const body = (...names: string[]) =>
  ({ properties: { configuration: { secrets: names.map((name) => ({ name, value: "v" })) } } }) as unknown as AppBody;
const app = (...revisions: Revision[]): Pick<App, "revisions"> => ({ revisions });

test.each([
  ["a running revision uses it", app(revision("r1", "Running", template("one"))), "'one'"],
  ["a starting or failed revision uses it", app(revision("r1", "Failed", template("one"))), "'r1'"],
  [
    "a volume uses it",
    app(revision("r1", "Running", { volumes: [{ name: "v", secrets: [{ secretRef: "one" }] }] })),
    "'one'",
  ],
  [
    "a scale rule uses it",
    app(revision("r1", "Running", { scale: { rules: [{ name: "s", custom: { auth: [{ secretRef: "one" }] } }] } })),
    "'one'",
  ],
])("a secret cannot be removed while %s", (_title, existing, text) => {
  expect(secretsInUse(existing, body("two"))).toMatchObject({ status: 400, code: "ContainerAppSecretInUse" });
  expect(secretsInUse(existing, body("two"))?.message).toContain(text);
  expect(secretsInUse(existing, body("one"))).toBeUndefined();
});

test("a secret can be removed if no active revision uses it", () => {
  expect(secretsInUse(app(revision("r1", "Stopped", template("one"))), body())).toBeUndefined();
  expect(secretsInUse(undefined, body())).toBeUndefined();
});
