import { expect, test } from "vitest";
import { listIssues, remove } from "../../../../../src/messages/issues.ts";
import { localCommands } from "../../../src/engines/localCommands.ts";

test("each Pulumi command in the messages gets its local equivalent once, in a fixed order", () => {
  const found = localCommands([
    listIssues([{ key: "nonsense", rule: "is unknown", got: "a string", wayOut: remove("nonsense") }]),
    "cannot be deleted\nbecause it is protected. To unprotect the resource, … run `pulumi up`",
    "then: pulumi up",
  ]);
  expect(found).toEqual([
    "run npx agw up instead of pulumi up",
    "run npx agw up -c deletionProtection=false to lift the protection, then repeat this command",
    "remove KEY from your -c options or from Pulumi.STACK.yaml instead of pulumi config rm",
  ]);
});

test("a message without a Pulumi command gets nothing", () => {
  expect(localCommands(["The app has no ingress."])).toEqual([]);
});
