/** `npm run bench [-- NAME...]`: runs the benchmarks `bench/NAME.bench.ts`, all without a name, and prints their tables. Exit code 1: a claim did not hold. */
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
    console.error(`bench: no benchmark '${unknown.join("', '")}'. There are: ${names.join(", ")}.`);
    return 2;
  }
  console.log(
    `Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model}. Ratios are within this run.\n`,
  );
  let missed = 0;
  for (const name of wanted.length > 0 ? wanted : names) {
    const { bench } = (await import(`./${name}${suffix}`)) as { bench: Bench };
    const tables = await bench.run((line) => console.error(`${name}: ${line}`));
    for (const table of tables) console.log(`${renderTable(table)}\n`);
    missed += tables.flatMap(({ claims = [] }) => claims).filter(({ holds }) => !holds).length;
  }
  if (missed > 0) console.error(`bench: ${missed} of what is claimed did not hold; see NOT OK above`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
