#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// With a compile cache, a start takes a third of the CPU time and 30 MB less memory.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/compiled", import.meta.url)));
const { processIo } = await import("./terminal/io.ts");
const { main } = await import("./main.ts");

process.exitCode = await main(process.argv.slice(2), processIo());
