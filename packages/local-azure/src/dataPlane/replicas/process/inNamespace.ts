/**
 * Runs inside a network namespace of its own, next to the command that it starts there, and carries connections over Unix
 * sockets, which no namespace separates: `in-PORT` leads from outside to PORT of the namespace's loopback, and PORT of the
 * namespace's loopback leads to `out-PORT`, for what the command wants to reach on this machine.
 * Arguments: directory of the sockets, ports in, ports out (lists with commas), the command's words.
 */
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { loopback } from "../../net/address.ts";
import { relay } from "./relay.ts";

const [directory = ".", inward = "", outward = "", program = "", ...words] = process.argv.slice(2);
const list = (ports: string): number[] => ports.split(",").filter(Boolean).map(Number);

// A new namespace's loopback is down.
execFileSync("ip", ["link", "set", "lo", "up"], { stdio: ["ignore", "ignore", "inherit"] });
await Promise.all([
  ...list(inward).map((port) => relay({ path: join(directory, `in-${port}`) }, loopback(port))),
  ...list(outward).map((port) => relay(loopback(port), { path: join(directory, `out-${port}`) })),
]);
const child = spawn(program, words, { stdio: "inherit" });
child.once("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.once("exit", (code) => process.exit(code ?? 1));
// Sent to the whole group: the command answers it, and connections last as long as the command.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
