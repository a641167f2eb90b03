import { readFile } from "node:fs/promises";
import { get } from "node:https";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { readEnvironmentFile } from "./environmentFile.ts";

/** The local Azure can't start. The message says why. */
export class LocalAzureError extends Error {
  readonly exitCode = 1;
}

/**
 * Throws if a local Azure already runs in the folder: two would overwrite each other's `env` file. A leftover file of
 * one that was killed doesn't count, because nothing answers.
 */
export async function refuseSecond(directory: string): Promise<void> {
  const running = readEnvironmentFile(directory);
  if (running?.ARM_METADATA_HOSTNAME === undefined) return;
  const url = `https://${running.ARM_METADATA_HOSTNAME}`;
  if (!(await answers(url, running.REQUESTS_CA_BUNDLE ?? ""))) return;
  throw new LocalAzureError(
    `a local Azure is already running at ${url} (${join(directory, "env")}). Stop it, or use another folder (set AGW_LOCAL)`,
  );
}

/** Whether nothing listens any longer at the address in an `env` file. */
export function isGone(environment: Readonly<Record<string, string>>): Promise<boolean> {
  const [host = "", port = ""] = (environment.ARM_METADATA_HOSTNAME ?? "").split(":");
  return new Promise((resolve) => {
    const probe = connect({ host, port: Number(port) });
    probe.once("connect", () => resolve(false)).once("error", () => resolve(true));
    probe.once("connect", () => probe.destroy());
  });
}

/** Checks early, before any slow steps, whether `startLocalAzure` would refuse to start. @throws {LocalAzureError} */
export async function checkStart(directory: string, port = 0): Promise<void> {
  await refuseSecond(directory);
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (error) => reject(portError(error, port)));
    probe.listen({ port, host: "127.0.0.1" }, () => probe.close(() => resolve()));
  });
}

/** Turns an error about the port into one that says what to do. Returns any other error unchanged. */
export function portError(error: Error, port: number): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  const why = code === "EACCES" ? "needs privileges that this process doesn't have" : "is already in use";
  return new LocalAzureError(`port ${port} ${why}. Choose another port, or leave it out to use any free port`);
}

async function answers(url: string, caFile: string): Promise<boolean> {
  const ca = await readFile(caFile).catch(() => undefined);
  if (ca === undefined) return false;
  return new Promise((resolve) => {
    const probe = get(`${url}/metadata/endpoints`, { ca, agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(false));
  });
}
