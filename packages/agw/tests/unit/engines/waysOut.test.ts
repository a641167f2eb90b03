import { expect, test } from "vitest";
import { listIssues, remove } from "../../../../../src/messages/issues.ts";
import { waysOutHere } from "../../../src/engines/localWaysOut.ts";

test("what messages tell to type is said as it is here, each once, in one order", () => {
  const found = waysOutHere([
    listIssues([{ key: "nonsense", rule: "is unknown", got: "a string", wayOut: remove("nonsense") }]),
    "cannot be deleted\nbecause it is protected. To unprotect the resource, … run `pulumi up`",
    "then: pulumi up",
  ]);
  expect(found).toEqual([
    "npx agw up for pulumi up",
    "to lift the protection, npx agw up -c deletionProtection=false, and then the command again",
    "no -c KEY=… for pulumi config rm KEY",
  ]);
});

test("a message that tells nothing to type has no way out here", () => {
  expect(waysOutHere(["The app has no ingress."])).toEqual([]);
});
