import { describe, expect, test } from "vitest";
import { az, azIsThere, startTestAzure, type TestAzure, withoutAz } from "../support/azure/localAzure.ts";
import { pulumiIsThere, withoutPulumi } from "../support/pulumi/pulumiCli.ts";
import { embeddedEngine, pulumiEngine, type StackEngine, type StackRun } from "../support/pulumi/stackEngine.ts";

const withAz = await azIsThere();
const why = withoutPulumi || withoutAz(withAz);

interface Phase {
  readonly name: string;
  readonly changes: readonly string[];
  readonly outputs: unknown;
  /** By path, because parallel requests have no fixed order. */
  readonly requests: Readonly<Record<string, readonly string[]>>;
}

/** Replaces ports and other values that differ between runs. */
const normal = (text: string): string =>
  text.replaceAll(/127\.0\.0\.1:\d+/g, "HOST").replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "GUID");

/** Runs the same lifecycle on an engine, and returns its requests to ARM and its results. */
async function life(start: (azure: TestAzure, stack: string) => Promise<StackEngine>): Promise<Phase[]> {
  await using azure = await startTestAzure();
  await using engine = await start(azure, "prod");
  const phases: Phase[] = [];
  const phase = async (name: string, run: () => Promise<StackRun>, well = true): Promise<void> => {
    const earlier = azure.requests().length;
    const { ok, changes, outputs, text } = await run();
    expect(ok, `${name}: ${text}`).toBe(well);
    const requests: Record<string, string[]> = {};
    for (const { method, path, query, body } of azure.requests().slice(earlier)) {
      // The number of polls of operations and starting revisions depends on timing.
      if (/operation(status|result)|\/revisions\//i.test(path)) continue;
      const key = normal(path).toLowerCase();
      const request = normal(`${method} ${JSON.stringify(query)} ${JSON.stringify(body)}`);
      const before = requests[key] ?? [];
      if (method !== "GET" || before.at(-1) !== request) requests[key] = [...before, request];
    }
    // A preview does not change the stack's outputs; only the built-in engine shows the new ones.
    const kept = name.startsWith("preview") ? undefined : JSON.parse(normal(JSON.stringify(outputs)));
    phases.push({ name, changes, outputs: kept, requests });
  };
  const off = { enableStickySessions: "false" };
  await phase("create", () => engine.up());
  await phase("second up", () => engine.up());
  await phase("update", () => engine.up({ config: { maxReplicas: "5" } }));
  await phase("toggle off", () => engine.up({ config: off }));
  await phase("toggle on", () => engine.up());
  const which = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
  await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...which, "--affinity", "none");
  await phase("drift", () => engine.up());
  await phase("refused by the program", () => engine.up({ config: { minReplicas: "many" } }), false);
  await phase("preview of a replacement", () => engine.preview({ config: { deploymentStamp: "b" } }));
  await phase("replacement, as names change", () => engine.up({ config: { deploymentStamp: "b" } }));
  await phase("destroy", () => engine.destroy());
  expect(await az(azure, "group", "list")).toEqual([]);
  return phases;
}

const title = `send the same requests to ARM and have the same results; both use this project's azure-native stand-in${why}`;

describe.skipIf(!pulumiIsThere || !withAz)("the built-in engine and Pulumi's engine", () => {
  test(title, async () => {
    const embedded = await life(embeddedEngine);
    const pulumi = await life(pulumiEngine);
    // Both made changes, and none if there was nothing to do.
    const writes = pulumi.map(
      ({ requests }) =>
        Object.values(requests)
          .flat()
          .filter((line) => !line.startsWith("GET")).length,
    );
    expect(writes.map((count) => count > 0)).toEqual([true, false, true, true, true, true, false, false, true, true]);
    for (const [index, phase] of pulumi.entries()) expect(embedded[index], phase.name).toEqual(phase);
  }, 900_000);
});
