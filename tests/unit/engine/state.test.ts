import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Resource } from "../../../src/local/engine/decide.ts";
import { openState } from "../../../src/local/engine/state.ts";
import { secret } from "../../../src/local/protocol/wire.ts";
import { temporaryDirectory } from "../../support/temporaryDirectory.ts";

const resource: Resource = {
  urn: "urn:pulumi:test::project::azure-native:app:ContainerApp::app",
  type: "azure-native:app:ContainerApp",
  custom: true,
  id: "/x",
  inputs: { configuration: { secrets: [{ name: "k", value: secret("a-value-to-hide") }] } },
  outputs: { hidden: secret({ deep: ["another-value-to-hide"] }), list: [1, true, "x"] },
  dependencies: ["urn:gone"],
  propertyDependencies: {},
};

test("a state comes back as it was saved, dependencies on what is gone left out", async () => {
  await using folder = await temporaryDirectory();
  const begun: Resource = { ...resource, urn: `${resource.urn}2`, id: "", pending: "creating" };
  const again: Resource = { ...resource, urn: `${resource.urn}3`, pending: "updating" };
  {
    using file = openState(folder.path, "project", "test");
    expect(file.load()).toEqual([]);
    file.save([resource, begun, again]);
  }
  using file = openState(folder.path, "project", "test");
  const loaded = file.load();
  expect(loaded).toHaveLength(3);
  for (const each of [resource, begun, again]) expect(loaded).toContainEqual({ ...each, dependencies: [] });
});

test("no secret is in the state in clear, and state and key are the user's alone", async () => {
  await using folder = await temporaryDirectory();
  using file = openState(folder.path, "project", "test");
  file.save([resource, { ...resource, pending: "updating" }]);
  const path = join(folder.path, "project", "test.json");
  expect(readFileSync(path, "utf8")).not.toMatch(/to-hide/);
  for (const each of [path, join(folder.path, "key"), join(folder.path, "passphrase")])
    expect(statSync(each).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder.path, "project")).mode & 0o777).toBe(0o700);
});

test("the state has the shape of Pulumi's deployment version 3", async () => {
  await using folder = await temporaryDirectory();
  using file = openState(folder.path, "project", "test");
  file.save([resource]);
  const { version, deployment } = JSON.parse(readFileSync(join(folder.path, "project", "test.json"), "utf8"));
  expect(version).toBe(3);
  expect(deployment.resources[0]).toMatchObject({ urn: resource.urn, custom: true, id: "/x", dependencies: [] });
  expect(deployment.pending_operations).toEqual([]);
});

test("a stack that another process updates is refused by its name, one whose process has died is not", async () => {
  await using folder = await temporaryDirectory();
  using _first = openState(folder.path, "project", "test");
  expect(() => openState(folder.path, "project", "test")).toThrow(
    `the stack project/test is being updated by process ${process.pid}`,
  );
  using _other = openState(folder.path, "project", "other");
  writeFileSync(join(folder.path, "project", "dead.json.lock"), "999999999");
  using _dead = openState(folder.path, "project", "dead");
});
