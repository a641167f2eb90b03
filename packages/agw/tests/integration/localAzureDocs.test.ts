import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readEnvironmentFile } from "agentgateway-local-azure/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  azIsThere,
  runWith,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../../../../tests/support/azure/localAzure.ts";
import { command } from "../../src/commands/azure.ts";

/** Checks that what docs/local-azure.md lists exists, and that its commands run unchanged. */

const root = join(import.meta.dirname, "..", "..", "..", "..");
const text = readFileSync(join(root, "docs", "local-azure.md"), "utf8");
const cli = await azIsThere();
const title = withoutAz(cli);

const section = (heading: string): string => text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
const blocks = (markdown: string): string[] =>
  [...markdown.matchAll(/```bash\n(.*?)```/gs)].map(([, block]) => block ?? "");
const inCode = (markdown: string): string[] => [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name ?? "");
const firstColumn = (markdown: string): string[] =>
  markdown
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => inCode(line.split(" | ")[0] ?? ""));

let azure: TestAzure;
beforeAll(async () => {
  azure = await startTestAzure();
});
afterAll(async () => azure?.[Symbol.asyncDispose]());

describe("docs/local-azure.md", () => {
  test.skipIf(!cli)(`its commands run unchanged and have the documented results${title}`, async () => {
    const [, start = ""] = blocks(section("Start"));
    const [fault = ""] = blocks(section("Faults"));
    const env = `. '${join(azure.directory, "env")}'`;
    expect(start.startsWith(". .local/env\n")).toBe(true);
    const script = `set -e\n${start.replace(". .local/env", env)}\n${fault}`;
    // The file keeps this process's PATH, so the az that the test setup found stays on it.
    const ran = await runWith(azure, "/bin/sh", ["-c", script]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain('"affinity": "sticky"');
    const [app] = azure.requests().filter(({ method, path }) => method === "PATCH" && path.endsWith("/agw-app"));
    expect(app?.body).toEqual({
      properties: { configuration: { ingress: { stickySessions: { affinity: "sticky" } } } },
    });
    const [message = "", command = ""] = inCode(section("Faults").split("\nAfter this, ")[1] ?? "")
      .slice(0, 2)
      .reverse();
    const again = () => runWith(azure, "/bin/sh", ["-c", command]);
    for (let time = 0; time < 2; time++) {
      const throttled = await again();
      expect([throttled.code, throttled.stderr.trim()]).toEqual([1, message]);
    }
    expect((await again()).code).toBe(0);
  });

  test("lists the same options as --help", () => {
    const documented = firstColumn(section("Options")).map((option) => option.split(" ")[0]);
    const offered = [...command.help.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, option]) => option);
    expect(documented).toEqual(offered);
  });

  test("lists exactly the variables that .local/env exports", () => {
    const exported = Object.keys(readEnvironmentFile(azure.directory) ?? {});
    expect(firstColumn(section("What `.local/env` exports")).sort()).toEqual(exported.sort());
  });

  test("lists as its own only codes that the source has", () => {
    const folder = join(root, "packages", "local-azure", "src");
    const source = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    const [, after = ""] = section("What it can't do").replaceAll(/\s+/g, " ").split("These codes are its own:");
    const codes = inCode(after.split(". ")[0] ?? "");
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes) expect(source, code).toContain(`"${code}"`);
  });
});
