import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../../tests/support/mcp/testApp.ts";
import { type ClientKind, connect, withCookies } from "../../support/mcpClients.ts";

describe("official MCP clients on four replicas with affinity", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ replicas: 4 });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.for<ClientKind>(["v1", "v1 sse", "v2"])("%s with cookies keeps its session", async (kind) => {
    for (let session = 0; session < 5; session++) {
      await using client = await connect(kind, app.url, withCookies(app.fetch));
      const home = await client.call("whoami");
      for (let n = 1; n <= 3; n++) expect(await client.call("counter")).toBe(String(n));
      expect(await client.call("whoami")).toBe(home);
    }
  });

  test.for<ClientKind>(["v1", "v2"])("%s without cookies loses its session", async (kind) => {
    await expect(
      (async () => {
        await using client = await connect(kind, app.url, app.fetch);
        for (let n = 1; n <= 8; n++) await client.call("counter");
      })(),
    ).rejects.toThrow(/Session not found/);
  });

  test("v2 sessionless needs no cookies: every replica answers", async () => {
    await using client = await connect("v2 sessionless", app.url, app.fetch);
    const names = new Set<string>();
    for (let n = 0; n < 12; n++) names.add(await client.call("whoami"));
    expect(names.size).toBe(4);
  });
});
