import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { type AgwRun, agw } from "../../../../tests/support/agw.ts";
import { az, azIsThere, startTestAzure, withoutAz } from "../../../../tests/support/azure/localAzure.ts";
import { closedPort } from "../../../../tests/support/closedPort.ts";
import { serveHttp } from "../../../../tests/support/httpServer.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";
import type { DoctorReport } from "../../src/doctor/index.ts";

// Runs `agw doctor` and `agw probe` against the local Azure without sourcing `.local/env` and without --ca.

const withAz = await azIsThere();
const withPulumi = spawnSync("pulumi", ["version"]).status === 0;
const engines = ["embedded", ...(withPulumi ? ["pulumi"] : [])];
const why = `${withoutAz(withAz)}${withPulumi ? "" : " (Pulumi's engine left out: no pulumi on the PATH)"}`;

describe.skipIf(!withAz)(`a stack on the local Azure${why}`, () => {
  test.each(engines)(
    "deployed by the %s engine passes all checks; after drift and after destroy, the fix is agw up with that engine",
    async (engine) => {
      await using azure = await startTestAzure();
      const run = (...args: string[]): Promise<AgwRun> => agw(args, { env: { AGW_LOCAL: azure.directory } });
      const by = ["--engine", engine];
      expect((await run("up", ...by)).code).toBe(0);
      const update = engine === "pulumi" ? "npx agw up --stack prod --engine pulumi" : "npx agw up --stack prod";

      const well = await run("doctor", "--json");
      const report = JSON.parse(well.stdout) as DoctorReport;
      expect(report.target).toMatchObject({ stack: "prod", name: "agw-prod-app", resourceGroup: "agw-prod-rg" });
      expect(report).toMatchObject({ verdict: "ok" });
      expect(well.code).toBe(0);
      const held = await run(
        "probe",
        "--url",
        String(report.target.url),
        "--sessions",
        "12",
        "--client",
        "lean",
        "--json",
      );
      expect(JSON.parse(held.stdout)).toMatchObject({ verdict: "held", counts: { held: 12 } });

      const app = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
      await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "none");
      const ill = JSON.parse((await run("doctor", "--json")).stdout) as DoctorReport;
      expect(ill.checks.find(({ id }) => id === "affinity")).toMatchObject({ status: "not ok", try: update });

      expect((await run("destroy", ...by)).code).toBe(0);
      const gone = await run("doctor", "--json");
      const [stack] = (JSON.parse(gone.stdout) as DoctorReport).checks;
      expect(stack).toMatchObject({ id: "stack", status: "unknown" });
      expect(stack?.try).toMatch(/^npx agw up --stack prod;.* npx agw doctor --name N --resource-group G$/);
      expect(gone.code).toBe(3);
    },
  );
});

test("a stack that cannot be read is unknown, exit code 3, and a given URL is still checked", async () => {
  await using folder = await temporaryDirectory();
  const server = await serveHttp((_request, response) => void response.writeHead(503).end());
  await using _ = server;
  const run = (...more: string[]) =>
    agw(["doctor", "--json", "--stack", "prod", ...more], { env: { AGW_LOCAL: folder.path, PATH: "/nowhere" } });
  const alone = await run();
  const report = JSON.parse(alone.stdout) as DoctorReport;
  expect(report).toMatchObject({ verdict: "unknown", target: { stack: "prod", name: null, url: null } });
  expect(report.checks[0]).toEqual({
    id: "stack",
    check: "stack",
    status: "unknown",
    found: expect.stringContaining("pulumi stack output --stack prod"),
    try: "npx agw doctor --name N --resource-group G",
  });
  expect(alone.code).toBe(3);
  const withUrl = await run("--url", server.url);
  expect((JSON.parse(withUrl.stdout) as DoctorReport).checks[1]).toMatchObject({
    id: "url-answers",
    status: "not ok",
  });
  expect(withUrl.code).toBe(1);
});

test("a killed local Azure that left its env file counts as not running", async () => {
  await using folder = await temporaryDirectory();
  const azure = await startTestAzure({ directory: folder.path });
  const { readFile, writeFile } = await import("node:fs/promises");
  const left = await readFile(`${folder.path}/env`, "utf8");
  await azure[Symbol.asyncDispose]();
  // No other process can be listening on this port.
  const file = left.replaceAll(new URL(azure.url).host, `127.0.0.1:${closedPort}`);
  await writeFile(`${folder.path}/env`, file, { mode: 0o600 });
  const ran = await agw(["doctor"], { env: { AGW_LOCAL: folder.path, PATH: "/nowhere" } });
  // The stack was asked of Pulumi, which is what the doctor does without a local Azure.
  expect(ran.stdout).toContain("pulumi stack output --stack prod");
  expect(ran.code).toBe(3);
});
