import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { main } from "../../../src/delivery.ts";
import { type FakeGitHub, fakeToken, repository } from "../../support/fakeGitHub.ts";

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one step with these files in a temporary folder, which `@` in an argument stands for. */
export async function run(args: string[], files: Record<string, unknown> = {}, github?: FakeGitHub): Promise<Run> {
  await using folder = await temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder.path, name);
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  const printed = { out: "", err: "" };
  const env = github && { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: fakeToken };
  const summary = join(folder.path, "summary");
  const code = await main(
    args.map((arg) => arg.replace("@", `${folder.path}/`)),
    {
      env: { GITHUB_STEP_SUMMARY: summary, ...env },
      directory: folder.path,
      out: (text) => {
        printed.out += text;
      },
      err: (text) => {
        printed.err += text;
      },
    },
  );
  const written = await readFile(summary, "utf8").catch(() => "");
  if (code === 0 && args[0] !== "stacks") expect(written).toContain(printed.out.trim());
  return { code, ...printed };
}
