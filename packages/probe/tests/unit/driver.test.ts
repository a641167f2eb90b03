import { expect, test } from "vitest";
import { identified, type McpExchange, type Target } from "../../src/drivers/driver.ts";

const result = { content: [{ type: "text", text: "upstream" }] };
const exchange: McpExchange = {
  outcome: { kind: "answered", result },
  milliseconds: 1,
  fresh: false,
  setCookies: [],
  withheld: [],
  replica: "gateway-1",
};
const target = (replicaHeader: string | undefined) =>
  ({ call: { kind: "tool", name: "whoami", identifies: true }, replicaHeader }) as Target;

test("whoami names the replica before a header that was found by its usual name", () => {
  expect(identified(exchange, target(undefined)).replica).toBe("upstream");
});

test("a header that was asked for names it before whoami, which may be an upstream's that all replicas share", () => {
  expect(identified(exchange, target("x-replica")).replica).toBe("gateway-1");
  expect(identified({ ...exchange, replica: undefined }, target("x-replica")).replica).toBe("upstream");
});
