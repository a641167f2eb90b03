import { expect, test } from "vitest";
import { ownedByOther } from "../../../src/engines/ownership.ts";
import type { EngineName, StackRecord } from "../../../src/engines/records.ts";

const state = (engine: EngineName, written: number, ids?: readonly string[]): StackRecord => ({
  engine,
  file: "",
  written,
  resources: ids && [
    { type: "pulumi:pulumi:Stack" },
    { type: "command:local:Command", id: "set" },
    ...ids.map((id) => ({ type: "azure-native:app:ContainerApp", id })),
  ],
});

test.each<[string, StackRecord, StackRecord, readonly string[]]>([
  ["neither has deployed anything", state("embedded", 0, []), state("pulumi", 0, []), []],
  ["only the other has deployed", state("embedded", 0, []), state("pulumi", 1, ["a", "b"]), ["a", "b"]],
  ["the other has deployed the same later", state("embedded", 1, ["a"]), state("pulumi", 2, ["a"]), ["a"]],
  ["the other has deployed the same earlier", state("embedded", 2, ["a"]), state("pulumi", 1, ["a"]), []],
  ["the other has deployed another resource", state("embedded", 2, ["a"]), state("pulumi", 1, ["b"]), ["b"]],
  ["the other's state is broken", state("embedded", 1, ["a"]), state("pulumi", 2), []],
  ["its own state is broken", state("embedded", 2), state("pulumi", 1, ["a"]), ["a"]],
])("the resources that belong to the other engine, if %s (by the records only)", (_, own, other, ids) => {
  expect(ownedByOther(own, other).map(({ id }) => id)).toEqual(ids);
});
