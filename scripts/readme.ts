import { readFileSync, writeFileSync } from "node:fs";
import { withConfigTable } from "../src/stack/configTable.ts";

/** `npm run readme`: makes the README's configuration table anew. */
const readme = new URL("../README.md", import.meta.url);
writeFileSync(readme, withConfigTable(readFileSync(readme, "utf8")));
