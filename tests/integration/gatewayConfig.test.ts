import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const project = new URL("../..", import.meta.url);
const there = await run("agentgateway", ["--version"]).then(
  () => true,
  () => false,
);
const title = there ? "" : " (skipped: no agentgateway on the PATH)";

test.skipIf(!there)(`AgentGateway accepts the sample gatewayConfig${title}`, async () => {
  const { stdout, stderr } = await run("agentgateway", ["-f", "gateway/config.yaml", "--validate-only"], {
    cwd: project,
  });
  expect(stdout + stderr).toContain("valid");
});
