import { readFileSync } from "node:fs";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import { type ProbeReport, runProbe } from "mcp-affinity-probe";
import { describe, expect, test } from "vitest";
import { startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { oddServers } from "../../../../tests/support/mcp/oddServers.ts";
import { startTestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { causes } from "../../../probe/src/judge/verdict.ts";
import { optionsHelp, probeOptionTable } from "../../src/commands/probeOptions.ts";

const text = readFileSync(new URL("../../../../docs/probe.md", import.meta.url), "utf8");

describe("docs/probe.md", () => {
  test("its schema matches real reports exactly: held, lost, without a control group, not reached", async () => {
    await using a = await startReplica("a");
    await using b = await startReplica("b");
    await using ingress = await startTestIngress([a, b], "pinned");
    await using page = await oddServers["answers a page"]();
    const options = { url: ingress.url, sessions: 8, calls: 4, controlSessions: 3 } as const;
    const reports: ProbeReport[] = [await runProbe({ ...options, hold: true }), await runProbe({ url: page.url })];
    ingress.affinity = "none";
    reports.push(await runProbe({ ...options, controlSessions: 0, client: "lean" }));
    const schema = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(text)?.[1] ?? "");
    const validate = new AjvJsonSchemaValidator().getValidator(schema);
    for (const report of reports) expect(validate(JSON.parse(JSON.stringify(report))).errorMessage).toBeUndefined();
    expect(reports.map(({ verdict }) => verdict)).toEqual(["held", "inconclusive", "lost"]);
    expect(validate({ ...reports[0], surprise: 1 }).valid).toBe(false);
  });

  test("lists every cause and no other", () => {
    const table = text.slice(text.indexOf("| cause |"), text.indexOf("A session counts as lost"));
    const listed = [...table.matchAll(/^\| ((?:`[\w-]+`(?:, )?)+) \|/gm)].flatMap(
      ([, cell]) => cell?.match(/[\w-]+/g) ?? [],
    );
    expect(listed.sort()).toEqual([...causes].sort());
  });

  test("names only existing options, and the help names all of them", () => {
    const known = Object.keys(probeOptionTable).map((name) => `--${name}`);
    // The advice in the transcript and the commands for tokens name options of az.
    const prose = text
      .replace(/```json[\s\S]*```/, "")
      .replaceAll(/^ {2}- .*$/gm, "")
      .replaceAll(/'az [^']*'/g, "");
    for (const [flag] of prose.matchAll(/--[a-z][a-z-]*/g)) expect([...known, "--help"]).toContain(flag);
    for (const flag of known) expect(optionsHelp.join("\n")).toContain(`${flag} `);
  });
});
