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
  /** By path, so that the order of what runs side by side does not matter. */
  readonly requests: Readonly<Record<string, readonly string[]>>;
}

/** The ports that the system picked, and what is new in every run, made equal. */
const normal = (text: string): string =>
  text.replaceAll(/127\.0\.0\.1:\d+/g, "HOST").replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "GUID");

/** The same life of the stack on either engine: what it asked of ARM, and what came of it. */
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
      // How often a long operation, or a revision that starts, is asked for depends on the clock.
      if (/operation(status|result)|\/revisions\//i.test(path)) continue;
      const key = normal(path).toLowerCase();
      const request = normal(`${method} ${JSON.stringify(query)} ${JSON.stringify(body)}`);
      const before = requests[key] ?? [];
      if (method !== "GET" || before.at(-1) !== request) requests[key] = [...before, request];
    }
    // A preview leaves the stack's outputs as they are; only our own engine says what they will be.
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

const title = `both engines ask the same of ARM and end the same; compares engines, not providers: azure-native is this project's on both${why}`;

describe.skipIf(!pulumiIsThere || !withAz)("the local engine beside Pulumi's own", () => {
  test(title, async () => {
    const embedded = await life(embeddedEngine);
    const pulumi = await life(pulumiEngine);
    // Both did something, and nothing where nothing was to be done.
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
