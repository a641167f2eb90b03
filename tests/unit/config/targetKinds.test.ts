import { expect, test } from "vitest";
import { targetKinds } from "../../../src/config/gateway/targetKinds.ts";

const target = { http: "mcp: {host: http://a/mcp}", stdio: "stdio: {cmd: a}", sse: "sse: {host: http://a/sse}" };

test.each([
  ["mcp", `mcp: {targets: [{name: a, ${target.stdio}}]}`, ["stdio"]],
  ["routes", `routes: [{backends: [{mcp: {targets: [{name: a, ${target.http}}]}}, {host: a:80}]}]`, ["http"]],
  [
    "backends",
    `backends: [{name: b, mcp: {targets: [{name: a, ${target.sse}}]}}]\nroutes: [{backends: [{backend: b}]}]`,
    ["sse"],
  ],
  [
    "binds",
    `binds: [{port: 1, listeners: [{routes: [{backends: [{mcp: {targets: [{name: a, ${target.stdio}}]}}]}]}]}]`,
    ["stdio"],
  ],
  [
    "routeGroups",
    `routeGroups: [{name: g, routes: [{backends: [{mcp: {targets: [{name: a, ${target.http}}]}}]}]}]`,
    ["http"],
  ],
  ["openapi", "mcp: {targets: [{name: a, openapi: {host: a, schema: {file: b}}}]}", ["openapi"]],
  ["another kind", "mcp: {targets: [{name: a, grpc: {}}]}", ["unknown"]],
  ["a stateless backend", `mcp: {statefulMode: stateless, targets: [{name: a, ${target.stdio}}]}`, ["stateless"]],
  ["no MCP backend", "routes: [{backends: [{host: a:80}]}]", []],
  ["what is malformed", "mcp: {targets: 1}\nroutes: {backends: 2}\nbinds: [3, null]", []],
])("the kinds of the targets of %s", (_where, file, expected) => {
  expect(targetKinds(file)).toEqual(expected);
});

test("lists each kind once, even if variables have no value, and nothing for an unreadable file", () => {
  const targets = "[{name: a, mcp: {host: $UPSTREAM}}, {name: b, stdio: {}}, {name: c, mcp: {}}]";
  expect(targetKinds(`mcp: {targets: ${targets}} # $NOPE`)).toEqual(["http", "stdio"]);
  expect(targetKinds("mcp: [")).toBeUndefined();
  expect(targetKinds("")).toEqual([]);
});
