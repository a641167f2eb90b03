import { expect, test } from "vitest";
import { az, azIsThere, startTestAzure, withoutAz } from "../../../../../tests/support/azure/localAzure.ts";
import { blocksBelow, runBlock } from "../../../../../tests/support/pulumi/documents.ts";
import { pulumiIsThere, withoutPulumi } from "../../../../../tests/support/pulumi/pulumiCli.ts";
import { startRealPulumi } from "../../../../../tests/support/pulumi/realPulumi.ts";

const withAz = await azIsThere();
const why = withoutPulumi || withoutAz(withAz);

test.skipIf(!pulumiIsThere || !withAz)(
  `the safe way in docs/delivery.md: a second stack serves before the first, protected stack is removed${why}`,
  async () => {
    await using azure = await startTestAzure();
    await using pulumi = await startRealPulumi(azure, "prod");
    // prod's default, which the tests' stacks turn off.
    await pulumi.run("config", "set", "--stack", "prod", "deletionProtection", "true");
    expect((await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod")).code).toBe(0);
    const blocks = await blocksBelow("docs/delivery.md", "A change that destroys and rebuilds", "sh");
    expect(blocks).toHaveLength(2);
    const groups = async () =>
      ((await az(azure, "group", "list")) as { name: string }[]).map(({ name }) => name).sort();
    const after: string[][] = [];
    for (const block of blocks) {
      // Without the probe, which has its own tests.
      const { code, stdout, stderr } = await runBlock(azure, pulumi, block.replace(/^npx agw probe .*$/m, ""));
      expect(code, `${block}\n${stdout}${stderr}`).toBe(0);
      after.push(await groups());
    }
    expect(after).toEqual([["agw-prod-b-rg", "agw-prod-rg"], ["agw-prod-b-rg"]]);
    expect(await az(azure, "group", "show", "--name", "agw-prod-b-rg", "--query", "location")).toBe("westeurope");
    const left = await pulumi.run("preview", "--expect-no-changes", "--stack", "prod-b");
    expect(left.code, left.stdout + left.stderr).toBe(0);
  },
);
