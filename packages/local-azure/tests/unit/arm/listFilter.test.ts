import { describe, expect, test } from "vitest";
import { filtered } from "../../../src/arm/listFilter.ts";

const items = [
  {
    name: "app",
    type: "Microsoft.App/containerApps",
    group: "rg",
    location: "eastus",
    tags: { Team: "a and b", x: "1" },
  },
  { name: "app", type: "Microsoft.App/containerApps", group: "other", location: "westeurope", tags: { team: "it's" } },
  { name: "env", type: "Microsoft.App/managedEnvironments", group: "rg", location: "eastus", tags: undefined },
];
const found = (filter: string | null): string[] => filtered(items, filter).map(({ name, group }) => `${group}/${name}`);

describe("a list's $filter", () => {
  test.for([
    [null, ["rg/app", "other/app", "rg/env"]],
    ["", ["rg/app", "other/app", "rg/env"]],
    ["resourceGroup eq 'RG'", ["rg/app", "rg/env"]],
    ["resourceGroup eq 'rg' and name eq 'app'", ["rg/app"]],
    ["resourceType eq 'microsoft.app/containerapps'", ["rg/app", "other/app"]],
    ["location eq 'West Europe'", ["other/app"]],
    ["tagname eq 'team'", ["rg/app", "other/app"]],
    ["tagName eq 'team' and tagValue eq 'a and b'", ["rg/app"]],
    ["tagname eq 'team' and tagvalue eq 'it''s'", ["other/app"]],
    ["tagname eq 'team' and tagvalue eq '1'", []],
    ["name eq 'none'", []],
  ] as const)("%j lists %j", ([filter, expected]) => expect(found(filter)).toEqual(expected));

  test.for([
    "substringof('a', name)",
    "name ne 'app'",
    "name eq 'app' or name eq 'env'",
    "name eq app",
    "plan eq 'x'",
    "x",
  ])("%j is refused, not ignored", (filter) => {
    expect(() => found(filter)).toThrow(
      expect.objectContaining({ status: 501, message: expect.stringContaining(filter) }),
    );
  });
});
