import { readFile } from "node:fs/promises";
import { get } from "node:https";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { readEnvironmentFile } from "./environmentFile.ts";

/** The local Azure cannot start; the message says why. */
export class LocalAzureError extends Error {
  readonly exitCode = 1;
}

/** Two would fight over one `env` file. One that was killed leaves its file but does not answer. */
export async function refuseSecond(directory: string): Promise<void> {
  const running = readEnvironmentFile(directory);
  if (running?.ARM_METADATA_HOSTNAME === undefined) return;
  const url = `https://${running.ARM_METADATA_HOSTNAME}`;
  if (!(await answers(url, running.REQUESTS_CA_BUNDLE ?? ""))) return;
  throw new LocalAzureError(
    `a local Azure already runs on ${url} (${join(directory, "env")}); stop it, or set AGW_LOCAL`,
  );
}

/** Whether nothing listens any more where the file that aims shells at a local Azure says that it does. */
export function isGone(environment: Readonly<Record<string, string>>): Promise<boolean> {
  const [host = "", port = ""] = (environment.ARM_METADATA_HOSTNAME ?? "").split(":");
  return new Promise((resolve) => {
    const probe = connect({ host, port: Number(port) });
    probe.once("connect", () => resolve(false)).once("error", () => resolve(true));
    probe.once("connect", () => probe.destroy());
  });
}

/** What `startLocalAzure` would refuse, found before anything is done that takes long. @throws {LocalAzureError} */
export async function checkStart(directory: string, port = 0): Promise<void> {
  await refuseSecond(directory);
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (error) => reject(portError(error, port)));
    probe.listen({ port, host: "127.0.0.1" }, () => probe.close(() => resolve()));
  });
}

/** An error of listening in words that name the way out, where it is about the port. */
export function portError(error: Error, port: number): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  const why = code === "EACCES" ? "needs rights that this process lacks" : "is in use";
  return new LocalAzureError(`port ${port} ${why}; choose another one, or none for a free one`);
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
