/**
 * Stands in for `pulumi` in the steps of a workflow: takes the same command line and runs the built-in engine on the local
 * Azure that AGW_LOCAL names. Supports what the workflows use and refuses the rest.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stack: { type: "string" },
    json: { type: "boolean" },
    yes: { type: "boolean" },
    refresh: { type: "boolean" },
    "skip-preview": { type: "boolean" },
    "expect-no-changes": { type: "boolean" },
    "policy-pack": { type: "string" },
    "event-log": { type: "string" },
  },
});
const stack = values.stack ?? "";
const kept = join(process.env.AGW_LOCAL ?? "", `outputs-${stack}.json`);

function agw(...args: string[]): { code: number; stdout: string } {
  const ran = spawnSync(process.execPath, ["packages/agw/src/agw.ts", ...args, "--stack", stack, "--json"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 26,
  });
  return { code: ran.status ?? 1, stdout: ran.stdout };
}

function preview(): number {
  const { code, stdout } = agw("preview");
  process.stdout.write(stdout);
  if (code !== 0 || !values["expect-no-changes"]) return code;
  const { changeSummary } = JSON.parse(stdout) as { changeSummary: Record<string, number> };
  return ["create", "update", "replace", "delete"].some((op) => (changeSummary[op] ?? 0) > 0) ? 7 : 0;
}

function up(): number {
  const { code, stdout } = agw("up");
  if (code === 0) writeFileSync(kept, JSON.stringify((JSON.parse(stdout) as { outputs: object }).outputs));
  return code;
}

const commands: Record<string, () => number> = {
  preview,
  up,
  "stack output": () => {
    process.stdout.write(readFileSync(kept, "utf8"));
    return 0;
  },
};
commands["stack output url"] = () => {
  process.stdout.write(`${(JSON.parse(readFileSync(kept, "utf8")) as { url: string }).url}\n`);
  return 0;
};
const command = commands[positionals.join(" ")];
if (command === undefined) throw new Error(`the stand-in does not support 'pulumi ${positionals.join(" ")}'`);
process.exitCode = command();
