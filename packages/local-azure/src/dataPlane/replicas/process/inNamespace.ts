/**
 * Runs in a replica's network namespace: starts the command there, and relays connections over Unix sockets, which
 * cross namespaces. Connections to the socket `in-PORT` go to PORT on the namespace's loopback. Connections to PORT on
 * the namespace's loopback go to the socket `out-PORT`, so that the command can reach chosen ports of this machine.
 * Arguments: folder of the sockets, ports in, ports out (both comma-separated), the words of the command.
 */
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { loopback } from "../../net/address.ts";
import { relay } from "./relay.ts";

const [directory = ".", inward = "", outward = "", program = "", ...words] = process.argv.slice(2);
const list = (ports: string): number[] => ports.split(",").filter(Boolean).map(Number);

// The loopback interface of a new namespace is down.
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
// As on Azure, only a replica's main process gets SIGTERM. This one passes it on, and runs until the command ends, because
// the connections go through it.
process.on("SIGTERM", () => child.kill("SIGTERM"));
// The command gets these two from the terminal.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
