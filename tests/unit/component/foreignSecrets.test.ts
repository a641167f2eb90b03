import { describe, expect, test } from "vitest";
import { recordNames } from "../../../src/component/live/ownNames.ts";
import { foreignSecrets, foreignSecretsMessage } from "../../../src/component/safeguards/foreignSecrets.ts";

const live = (names: readonly string[], own?: readonly string[]) => ({
  configuration: { secrets: names.map((name) => ({ name })) },
  ...(own && { tags: { "agentgateway-secrets": recordNames(own) } }),
});
const known = { declared: ["gateway-config"], recorded: [], dropped: [] };

describe("secrets that an update would delete although the stack does not own them", () => {
  test.each([
    ["declared by the update", live(["gateway-config"]), known, []],
    ["added by others", live(["gateway-config", "registry-password"]), known, ["registry-password"]],
    ["declared by an earlier update, according to the app's tag", live(["env-old"], ["env-old"]), known, []],
    [
      "declared by an earlier update, according to the state",
      live(["env-old"]),
      { ...known, recorded: ["env-old"] },
      [],
    ],
    ["listed in dropSecrets", live(["registry-password"]), { ...known, dropped: ["registry-password"] }, []],
    ["no secrets at all", {}, known, []],
  ])("%s", (_what, app, names, foreign) => {
    expect(foreignSecrets(app, names)).toEqual(foreign);
  });

  test("the message names each secret, and how to keep or drop it", () => {
    const text = foreignSecretsMessage({ containerAppName: "agw-prod-app", resourceGroupName: "agw-prod-rg" }, [
      "one",
      "two",
    ]);
    expect(text).toContain("'one', 'two'");
    expect(text).toContain(
      "az containerapp secret remove --name agw-prod-app --resource-group agw-prod-rg --secret-names one",
    );
    expect(text).toContain("secretEnv.NAME");
    expect(text).toContain("dropSecrets[0]");
  });
});
