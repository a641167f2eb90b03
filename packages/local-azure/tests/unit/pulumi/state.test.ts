import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import type { Resource } from "../../../src/pulumi/engine/decide.ts";
import { openState } from "../../../src/pulumi/engine/state.ts";
import { secret } from "../../../src/pulumi/protocol/values.ts";

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

test("a state loads as it was saved, without dependencies on missing resources", async () => {
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

test("the state contains no secret in plain text, and only the user can read state and key", async () => {
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

test("refuses a stack that another process uses, but not one whose process has died", async () => {
  await using folder = await temporaryDirectory();
  using _first = openState(folder.path, "project", "test");
  expect(() => openState(folder.path, "project", "test")).toThrow(
    `the stack project/test is in use by process ${process.pid}`,
  );
  using _other = openState(folder.path, "project", "other");
  writeFileSync(join(folder.path, "project", "dead.json.lock"), "999999999");
  using _dead = openState(folder.path, "project", "dead");
});

test("ignores a lock whose process id now belongs to a newer process", async () => {
  await using folder = await temporaryDirectory();
  const lock = join(folder.path, "project", "test.json.lock");
  using _opened = openState(folder.path, "project", "test");
  expect(() => openState(folder.path, "project", "test")).toThrow(`is another program, delete ${lock}`);
  // Dates the lock to 2001, long before this process started.
  utimesSync(lock, 1e9, 1e9);
  using _again = openState(folder.path, "project", "test");
});

test("processes that open the first stacks of a folder at the same time use the same key", async () => {
  await using folder = await temporaryDirectory();
  const module = JSON.stringify(join(import.meta.dirname, "../../../src/pulumi/engine/state.ts"));
  const path = JSON.stringify(folder.path);
  const open = (stack: string) => {
    const line = `const { openState } = await import(${module}); using file = openState(${path}, "project", "${stack}"); file.save(${JSON.stringify([resource])});`;
    return promisify(execFile)(process.execPath, ["--input-type=module-typescript", "-e", line]);
  };
  const stacks = ["a", "b", "c", "d"];
  await Promise.all(stacks.map(open));
  expect(readdirSync(folder.path).sort()).toEqual(["key", "passphrase", "project"]);
  expect(readdirSync(join(folder.path, "project")).sort()).toEqual(stacks.map((stack) => `${stack}.json`));
  for (const stack of stacks) {
    using file = openState(folder.path, "project", stack);
    expect(file.load()).toHaveLength(1);
  }
});

test.each(["", "{}", '{"version": 3, "deploy'])(
  "a broken state (%j) is an error with its path and what to do",
  async (text) => {
    await using folder = await temporaryDirectory();
    using file = openState(folder.path, "project", "test");
    const path = join(folder.path, "project", "test.json");
    writeFileSync(path, text);
    expect(() => file.load()).toThrow(`cannot read the state ${path}: `);
    expect(() => file.load()).toThrow(`Restore it and ${join(folder.path, "key")} from a backup, or delete it`);
  },
);

test("so is a state whose key belongs to another folder, and a broken key", async () => {
  await using folder = await temporaryDirectory();
  await using other = await temporaryDirectory();
  const path = join(folder.path, "project", "test.json");
  {
    using file = openState(folder.path, "project", "test");
    file.save([resource]);
    using _fresh = openState(other.path, "project", "test");
  }
  writeFileSync(join(folder.path, "key"), readFileSync(join(other.path, "key")));
  {
    using file = openState(folder.path, "project", "test");
    expect(() => file.load()).toThrow(`cannot read the state ${path}: `);
  }
  writeFileSync(join(folder.path, "key"), "");
  expect(() => openState(folder.path, "project", "test")).toThrow(`${join(folder.path, "key")} contains no valid key`);
  expect(readdirSync(join(folder.path, "project")), "no lock is left").toEqual(["test.json"]);
});

test("a state that cannot be written is an error with its path", async () => {
  await using folder = await temporaryDirectory();
  using file = openState(folder.path, "project", "test");
  const path = join(folder.path, "project", "test.json");
  // Makes the write fail, as on a full disk or without permission, and also for root.
  mkdirSync(`${path}.new`);
  expect(() => file.save([resource])).toThrow(`cannot write the state ${path}: EISDIR`);
});
