import { expect, test } from "vitest";
import { parse } from "yaml";
import { mcpTargets, mcpTargetsOf, resumeAnywhere } from "../../../src/gateway/mcpTargets.ts";

const none = { stdio: 0, http: 0, sse: 0, openapi: 0, unknown: 0, stateless: 0 };
const target = { http: "mcp: {host: http://a/mcp}", stdio: "stdio: {cmd: a}", sse: "sse: {host: http://a/sse}" };

test.each([
  ["mcp", `mcp: {targets: [{name: a, ${target.stdio}}]}`, { stdio: 1 }],
  ["routes", `routes: [{backends: [{mcp: {targets: [{name: a, ${target.http}}]}}, {host: a:80}]}]`, { http: 1 }],
  [
    "backends",
    `backends: [{name: b, mcp: {targets: [{name: a, ${target.sse}}]}}]\nroutes: [{backends: [{backend: b}]}]`,
    { sse: 1 },
  ],
  [
    "binds",
    `binds: [{port: 1, listeners: [{routes: [{backends: [{mcp: {targets: [{name: a, ${target.stdio}}]}}]}]}]}]`,
    { stdio: 1 },
  ],
  [
    "routeGroups",
    `routeGroups: [{name: g, routes: [{backends: [{mcp: {targets: [{name: a, ${target.http}}]}}]}]}]`,
    { http: 1 },
  ],
  ["openapi", "mcp: {targets: [{name: a, openapi: {host: a, schema: {file: b}}}]}", { openapi: 1 }],
  ["another kind", "mcp: {targets: [{name: a, grpc: {}}]}", { unknown: 1 }],
  ["a stateless backend", `mcp: {statefulMode: stateless, targets: [{name: a, ${target.stdio}}]}`, { stateless: 1 }],
  ["no MCP backend", "routes: [{backends: [{host: a:80}]}]", {}],
  ["what is malformed", "mcp: {targets: 1}\nroutes: {backends: 2}\nbinds: [3, null]", {}],
])("counts the targets of %s", (_where, file, expected) => {
  expect(mcpTargets(parse(file))).toEqual({ ...none, ...expected });
});

test("reads the targets from a file with variables", () => {
  expect(mcpTargetsOf("mcp: {targets: [{name: a, mcp: {host: $UPSTREAM}}]} # $NOPE")).toEqual({ ...none, http: 1 });
  expect(mcpTargetsOf("mcp: [")).toBeUndefined();
});

test.each([
  [{ http: 2 }, true],
  [{ http: 1, openapi: 1 }, true],
  [{ stateless: 1 }, true],
  [{ http: 1, stdio: 1 }, false],
  [{ http: 1, sse: 1 }, false],
  [{ http: 1, unknown: 1 }, false],
  [{}, false],
])("whether any replica can continue the sessions of %j: %s", (counted, expected) => {
  expect(resumeAnywhere({ ...none, ...counted })).toBe(expected);
});
