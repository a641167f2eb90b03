import { describe, expect, test } from "vitest";
import { arm, azIsThere, startTestAzure, withoutAz } from "../support/azure/localAzure.ts";
import { McpSession } from "../support/mcp/mcpSession.ts";
import { embeddedEngine } from "../support/pulumi/stackEngine.ts";
import { trustingFetch } from "../support/trustingFetch.ts";

const withAz = await azIsThere();
const app =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/agw-prod-rg/providers/Microsoft.App/containerApps/agw-prod-app";
/** More than 10: up to there, the gateway's default maximum of 5 s makes no difference. */
const drainSeconds = 16;

describe.skipIf(!withAz)(`the stack on the local Azure${withoutAz(withAz)}`, () => {
  test("a replica stops: calls that end within drainSeconds finish, longer ones are cut", async () => {
    await using azure = await startTestAzure();
    await using engine = await embeddedEngine(azure, "prod");
    const config = { drainSeconds: String(drainSeconds), minReplicas: "1" };
    const { ok, text, outputs } = await engine.up({ config });
    expect(ok, text).toBe(true);
    const session = new McpSession(String(outputs.url), trustingFetch(azure), { keepsCookies: true });
    await session.initialize();
    // Read before the replica gets SIGTERM, so each call has at most this long.
    const begin = Date.now();
    const call = async (seconds: number) => {
      const status = await session.call("slow", { milliseconds: seconds * 1000 }).then(
        (answer) => answer.status,
        () => "cut",
      );
      return { status, seconds: (Date.now() - begin) / 1000 };
    };
    const calls = Promise.all([call(drainSeconds - 0.5), call(drainSeconds + 30)]);
    await expect.poll(() => azure.dataPlane.counters(app.toLowerCase())?.requests).toBeGreaterThanOrEqual(4);
    const restarted = await arm(azure, "POST", `${app}/revisions/${outputs.latestRevision}/restart`);
    expect(restarted.status, JSON.stringify(restarted.body)).toBe(200);
    const [short, long] = await calls;
    expect(short).toMatchObject({ status: 200 });
    expect(long).toMatchObject({ status: "cut" });
    expect(long?.seconds).toBeGreaterThan(drainSeconds);
    expect(long?.seconds).toBeLessThan(drainSeconds + 20);
  });
});
