/**
 * `npm run bench [-- NAME...]` runs the benchmarks `bench/NAME.bench.ts`, or all of them without a name, and prints
 * their tables. Exit codes: 1 if a requirement is not met, 2 for an unknown name.
 */
import { readdir } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { basename } from "node:path";
import { type Bench, renderTable } from "./bench.ts";

const suffix = ".bench.ts";

async function main(wanted: readonly string[]): Promise<number> {
  const names = (await readdir(import.meta.dirname))
    .filter((file) => file.endsWith(suffix))
    .map((file) => basename(file, suffix))
    .sort();
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`bench: no benchmark '${unknown.join("', '")}'. Available benchmarks: ${names.join(", ")}.`);
    return 2;
  }
  console.log(
    `Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model}. Ratios compare values of this run.\n`,
  );
  let missed = 0;
  for (const name of wanted.length > 0 ? wanted : names) {
    const { bench } = (await import(`./${name}${suffix}`)) as { bench: Bench };
    const tables = await bench.run((line) => console.error(`${name}: ${line}`));
    for (const table of tables) console.log(`${renderTable(table)}\n`);
    missed += tables.flatMap(({ claims = [] }) => claims).filter(({ holds }) => !holds).length;
  }
  if (missed > 0) console.error(`bench: requirements not met: ${missed}. See NOT OK above.`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
