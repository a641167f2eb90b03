import { readFile } from "node:fs/promises";
import { type Ran, runWith, type TestAzure } from "../azure/localAzure.ts";
import type { RealPulumi } from "./realPulumi.ts";

/** The code blocks in this language below a heading of a document, up to the next heading. */
export async function blocksBelow(file: string, heading: string, language: string): Promise<string[]> {
  const lines = (await readFile(file, "utf8")).split("\n");
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  if (start === -1) throw new Error(`${file} has no heading '${heading}'`);
  const found: string[] = [];
  let block: string[] | undefined;
  for (const line of lines.slice(start + 1)) {
    if (block === undefined && /^#+ /.test(line)) break;
    if (block === undefined && line === `\`\`\`${language}`) block = [];
    else if (block !== undefined && line === "```") {
      found.push(block.join("\n"));
      block = undefined;
    } else block?.push(line);
  }
  if (found.length === 0) throw new Error(`${file} has no ${language} block below '${heading}'`);
  return found;
}

/** `pulumi cancel` prompts for the stack's name, and no environment variable answers it. */
const answered = 'pulumi() { if [ "$1" = cancel ]; then command pulumi cancel --yes; else command pulumi "$@"; fi; }';

/**
 * Runs a document's shell block unchanged in the project with Pulumi's engine. Pulumi's prompts are answered with yes.
 * Stops at the first command that fails.
 */
export async function runBlock(
  azure: TestAzure,
  pulumi: RealPulumi,
  block: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const script = ["set -euo pipefail", 'cd "$PROJECT"', answered, block].join("\n");
  return pulumi.withProviders((environment) =>
    runWith(azure, "bash", ["-c", script], {
      ...environment,
      PULUMI_SKIP_CONFIRMATIONS: "true",
      PROJECT: pulumi.project,
      ...env,
    }),
  );
}
