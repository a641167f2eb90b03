import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { azIsThere, withoutAz } from "../../../../../tests/support/azure/localAzure.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { AzMissing, ensureAz } from "../../../src/host/ensureAz.ts";

const run = promisify(execFile);

const cli = await azIsThere();
const title = withoutAz(cli);

test.skipIf(!cli)(`the test setup provides the real Azure CLI${title}`, async () => {
  await using directory = await temporaryDirectory();
  const az = await ensureAz({ directory: directory.path });
  const { stdout } = await run(`${az.bin}/az`, ["version", "--output", "json"]);
  expect(JSON.parse(stdout)).toHaveProperty("azure-cli");
});

test("without az and python3, the error says what to install", async () => {
  await using directory = await temporaryDirectory();
  const attempt = ensureAz({ directory: directory.path, path: directory.path });
  await expect(attempt).rejects.toThrow(AzMissing);
  await expect(attempt).rejects.toThrow("Install the Azure CLI (https://aka.ms/azure-cli) or python3, then try again.");
});
