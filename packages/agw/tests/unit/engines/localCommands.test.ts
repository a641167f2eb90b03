import { expect, test } from "vitest";
import { localCommands } from "../../../src/engines/localCommands.ts";

test("each Pulumi command in the messages gets its local equivalent once, in a fixed order", () => {
  const found = localCommands([
    "try: pulumi config rm nonsense",
    "cannot be deleted\nbecause it is protected. To unprotect the resource, … run `pulumi up`",
    "then: pulumi up",
  ]);
  expect(found).toEqual([
    "for pulumi up, run npx agw up",
    "to lift the protection, run npx agw up -c deletionProtection=false, then repeat this command",
    "for pulumi config rm KEY, omit -c KEY=…",
  ]);
});

test("a message without a Pulumi command gets nothing", () => {
  expect(localCommands(["The app has no ingress."])).toEqual([]);
});
