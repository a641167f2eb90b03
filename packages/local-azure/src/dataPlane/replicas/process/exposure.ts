import { readdir, readFile, readlink } from "node:fs/promises";

/** A listening socket that other machines can reach. */
interface Listening {
  readonly inode: string;
  readonly port: number;
}

/** State LISTEN in /proc/net/tcp. */
const listen = "0A";

/** Returns the listening sockets in /proc/net/tcp or tcp6 that are not bound to loopback. */
export function exposedSockets(table: string): Listening[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === listen)
    .map(([, local = "", , , , , , , , inode = ""]) => ({ local, inode }))
    .filter(({ local }) => !isLoopback(local.split(":")[0] ?? ""))
    .map(({ local, inode }) => ({ inode, port: Number.parseInt(local.split(":")[1] ?? "", 16) }));
}

/** Addresses are hexadecimal, with each 32-bit word in the machine's byte order (assumed little-endian). */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith("7F");
  return address === "00000000000000000000000001000000" || /^0{16}FFFF0000[\dA-F]{6}7F$/.test(address);
}

/**
 * Returns the ports of a process group that other machines can reach; empty if the system has no /proc.
 * @param group id of the process group
 */
export async function exposedPorts(group: number): Promise<number[]> {
  try {
    const tables = await Promise.all(
      ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
    );
    const exposed = tables.flatMap(exposedSockets);
    if (exposed.length === 0) return [];
    const own = await socketsOf(group);
    return exposed.filter(({ inode }) => own.has(inode)).map(({ port }) => port);
  } catch {
    return [];
  }
}

async function socketsOf(group: number): Promise<Set<string>> {
  const inodes = new Set<string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // Format: pid (name) state ppid pgrp. The name can contain anything, so the fields are counted from its end.
    if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]) !== group) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}
