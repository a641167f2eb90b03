import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, realpath } from "node:fs/promises";
import type { Server } from "node:https";
import { delimiter, join, resolve } from "node:path";
import { createCloud } from "../arm/cloud.ts";
import { Faults } from "../arm/faults.ts";
import { Operations } from "../arm/operations.ts";
import { createRoutes } from "../arm/routes.ts";
import type { ArmRequest } from "../arm/server/recording.ts";
import { createArmServer, listen } from "../arm/server/server.ts";
import { identity, Tokens } from "../arm/token.ts";
import { createValidator } from "../arm/validate.ts";
import type { DataPlane, DataPlaneOptions } from "../dataPlane/contract/dataPlane.ts";
import { createDataPlane } from "../dataPlane/dataPlaneServer.ts";
import { removeDirectory } from "../system/removeDirectory.ts";
import { registry } from "../types/registry.ts";
import { writeAzConfiguration } from "./azConfiguration.ts";
import { startCleaner } from "./cleaner.ts";
import { localDirectory, removeEnvironmentFile, writeEnvironmentFile } from "./environmentFile.ts";
import { exportedBy } from "./exportedVariables.ts";
import { type FolderLock, lockFolder } from "./folderLock.ts";
import { type Authority, createAuthority } from "./pki.ts";
import { portError } from "./startChecks.ts";

export type { ArmRequest } from "../arm/server/recording.ts";

export interface LocalAzureOptions {
  /** Folder for certificates, az's configuration, replicas' files and `env`. Created with mode 0700. */
  readonly directory: string;
  /** Port of the control plane on 127.0.0.1; default 0: the system picks a free one. */
  readonly port?: number;
  /** How the ingress implements affinity (docs/ingress.md); default `pinned`. */
  readonly policy?: "pinned" | "hash";
  /** Name of the affinity cookie; default `acaAffinity`. */
  readonly cookie?: string;
  /** Command that a replica runs; `{port}` is replaced (docs/ingress.md). Default: this project's MCP server. */
  readonly replicaCommand?: string;
  /** Minimum duration of a long-running operation, in seconds; default 0. Azure takes about 16. */
  readonly operationSeconds?: number;
  /** Folder of the Azure CLI that this project installs; default `<directory>/az`. */
  readonly azHome?: string;
  /** Timing of the HTTP scale rule and the cool-down; default: Azure's. */
  readonly scaling?: DataPlaneOptions["scaling"];
  /** Called with each line of the log (failed operations, internal errors); default: no log. */
  readonly log?: (line: string) => void;
  /** Called after each ARM call. */
  readonly onRequest?: (request: ArmRequest) => void;
  /** Replaces the data plane, for tests of the control plane alone. */
  readonly dataPlane?: DataPlane;
}

/** A running local Azure. Disposing of it stops everything that it started and removes `<directory>/env`. */
export interface LocalAzure extends AsyncDisposable {
  /** URL of the control plane, `https://127.0.0.1:PORT`. */
  readonly url: string;
  /**
   * The variables that az, @azure/identity, Pulumi and Node need to use this local Azure, as exported by
   * `<directory>/env`.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataPlane: DataPlane;
  /** Returns the ARM calls so far, oldest first, at most the last 10,000. Omits sign-in and masks secrets. */
  requests(): readonly ArmRequest[];
}

const maxRecorded = 10_000;

/**
 * Starts the control plane (HTTPS on 127.0.0.1) and the data plane, then writes `<directory>/env`.
 *
 * @throws {LocalAzureError} if a local Azure already runs in the folder or the port can't be used.
 * @throws {Error} if the folder can't be written. Nothing is left running.
 */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const lock = await lockFolder(await realpath(directory));
  try {
    return await startIn(directory, options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startIn(directory: string, options: LocalAzureOptions, lock: FolderLock): Promise<LocalAzure> {
  const authority = await createAuthority(join(directory, "pki"));
  const parts = await assemble(options, directory, authority);
  try {
    const url = `https://127.0.0.1:${await listenOn(parts.server, options.port ?? 0)}`;
    const [azHome, azConfiguration] = [options.azHome ?? join(directory, "az"), join(directory, "azure")];
    await writeAzConfiguration(azConfiguration, url, azHome);
    const { caFile } = authority;
    const exported = exportedBy({ url, secret: parts.secret, azConfiguration, caFile });
    const pathFirst = existsSync(join(azHome, "bin", "az")) ? join(azHome, "bin") : "";
    const { host } = new URL(url);
    // Exported so that agw uses this folder too, in a shell that has sourced the file.
    const folder = directory === localDirectory({}) ? {} : { AGW_LOCAL: directory };
    writeEnvironmentFile(directory, { ...exported, ...folder }, pathFirst);
    const cleaner = startCleaner(directory);
    return {
      url,
      environment: { PATH: [pathFirst, process.env.PATH].filter(Boolean).join(delimiter), ...exported },
      dataPlane: parts.dataPlane,
      requests: () => [...parts.recorded],
      [Symbol.asyncDispose]: async () => {
        removeEnvironmentFile(directory, "ARM_METADATA_HOSTNAME", host);
        await parts.close();
        await cleaner.dismiss();
        await lock.release();
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** Creates all parts. The control plane doesn't listen yet. */
async function assemble(options: LocalAzureOptions, directory: string, authority: Authority) {
  const log = options.log ?? (() => {});
  const tls = authority.issue(["127.0.0.1", "localhost"]);
  // Replicas' files contain secrets. Remove what a killed server left behind.
  const replicas = join(directory, "replicas");
  await removeDirectory(replicas);
  const dataPlane = options.dataPlane ?? (await createDataPlane(dataPlaneOptions(options, replicas, tls)));
  const faults = new Faults();
  const operations = new Operations(options.operationSeconds ?? 0, () => faults.forOperation());
  const tokens = new Tokens(`urn:agentgateway:local:${identity.tenant}`);
  const validator = await createValidator();
  const routes = createRoutes(createCloud({ types: registry, operations, faults, dataPlane, validator, tokens, log }));
  // Hexadecimal, because az takes a value that starts with '-' for an option. With base64url, one in 64 would.
  const secret = randomBytes(24).toString("hex");
  const recorded: ArmRequest[] = [];
  const record = (request: ArmRequest): void => {
    recorded.push(request);
    if (recorded.length > maxRecorded) recorded.shift();
    options.onRequest?.(request);
  };
  const server = createArmServer({ tls, routes, signIn: { tokens, secret }, faults, record, log });
  const close = async (): Promise<void> => {
    await shutDown(server, operations, dataPlane);
    await removeDirectory(replicas);
  };
  return { server, dataPlane, secret, recorded, close };
}

async function listenOn(server: Server, port: number): Promise<number> {
  try {
    return await listen(server, port);
  } catch (error) {
    throw portError(error as Error, port);
  }
}

function dataPlaneOptions(options: LocalAzureOptions, directory: string, tls: { key: string; cert: string }) {
  const { policy, cookie, replicaCommand, scaling } = options;
  return {
    tls,
    directory,
    ...(policy === undefined ? {} : { policy }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(replicaCommand === undefined ? {} : { replicaCommand }),
    ...(scaling === undefined ? {} : { scaling }),
  };
}

/** Stops accepting calls, then stops the data plane, then waits for operations to end. */
async function shutDown(server: Server, operations: Operations, dataPlane: DataPlane): Promise<void> {
  const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
  server.closeAllConnections();
  await dataPlane[Symbol.asyncDispose]();
  await operations.close();
  await closed;
}
