import { expect, test } from "vitest";
import { identified, type McpExchange, type Target } from "../../src/drivers/driver.ts";
import { Credentials } from "../../src/http/credentials.ts";

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
  ({
    call: { kind: "tool", name: "whoami", identifies: true },
    replicaHeader,
    credentials: new Credentials({ headers: {}, fetchToken: undefined }),
  }) as Target;

test("whoami takes precedence over a common header", () => {
  expect(identified(exchange, target(undefined)).replica).toBe("upstream");
});

test("a header that the user named takes precedence over whoami, which may come from a shared upstream", () => {
  expect(identified(exchange, target("x-replica")).replica).toBe("gateway-1");
  expect(identified({ ...exchange, replica: undefined }, target("x-replica")).replica).toBe("upstream");
});
