import { expect, test } from "vitest";
import { remove, removeMember, set, setMember, setSecret } from "../../../src/messages/issues.ts";
import { commandsIn } from "../../../src/messages/pulumiCommands.ts";

test.each([
  [set("minReplicas", 2), ["config set"]],
  [setSecret("sessionKey"), ["config set"]],
  [setMember("ipAllow", 0, "203.0.113.0/24"), ["config set", "config set --path"]],
  [setMember("tags", "cost centre", "4711"), ["config set", "config set --path"]],
  [remove("stickySesions"), ["config rm"]],
  [removeMember("tags", "owner"), ["config rm"]],
  ["openssl rand -hex 32 | pulumi config set --secret --path 'secretEnv.NAME'", ["config set", "config set --path"]],
  ["To correct it, run: pulumi up --refresh", ["up"]],
  ["Set it in the portal", []],
])("finds the Pulumi commands in %j", (message, commands) => {
  expect(commandsIn(message)).toEqual(commands);
});
