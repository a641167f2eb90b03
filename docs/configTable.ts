import { readFileSync, writeFileSync } from "node:fs";
import { keys } from "../src/config/keys.ts";
import type { Key } from "../src/config/valueKinds.ts";

/** The README's table of configuration keys, as Markdown. */
export function configTable(): string {
  const rows = Object.entries(keys).map(([name, key]: [string, Key<unknown>]) => {
    const type = key.secret ? `${key.type}, secret` : key.type;
    const value = key.default === undefined ? "" : `\`${key.default}\``;
    return `| \`${name}\` | ${type} | ${value} | ${key.description} |`;
  });
  return ["| key | type | default | what it does |", "|---|---|---|---|", ...rows].join("\n");
}

const start = "<!-- The table is made by `npm run readme` from src/config/keys.ts. -->\n";
const end = "\n<!-- End of the table. -->";

/** The README with its table made anew. */
export function withConfigTable(readme: string): string {
  const [from, to] = [readme.indexOf(start), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error("README.md lacks the marks around the configuration table");
  return readme.slice(0, from + start.length) + configTable() + readme.slice(to);
}

// `npm run readme` makes the README's table anew.
if (import.meta.main) {
  const readme = new URL("../README.md", import.meta.url);
  writeFileSync(readme, withConfigTable(readFileSync(readme, "utf8")));
}
