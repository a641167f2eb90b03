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
import { portError } from "./alreadyRunning.ts";
import { writeAzConfiguration } from "./azConfiguration.ts";
import { startCleaner } from "./cleaner.ts";
import { localDirectory, removeEnvironmentFile, writeEnvironmentFile } from "./environmentFile.ts";
import { exportedBy } from "./exportedVariables.ts";
import { type FolderHold, holdFolder } from "./folderHold.ts";
import { type Authority, createAuthority } from "./pki.ts";

export type { ArmRequest } from "../arm/server/recording.ts";

export interface LocalAzureOptions {
  /** Folder for the authority, the CLI's configuration, replicas' files and `env`; made 0700. */
  readonly directory: string;
  /** Of the control plane, on 127.0.0.1; default 0: the system picks one. */
  readonly port?: number;
  /** How the ingress keeps clients with their replica; default `pinned`. */
  readonly policy?: "pinned" | "hash";
  /** Name of the affinity cookie; default `acaAffinity`. */
  readonly cookie?: string;
  /** What a replica runs, with `{port}` in it; default: the project's own MCP server. */
  readonly replicaCommand?: string;
  /** The least that a long operation takes; default 0, as long as its work. Azure takes about 16. */
  readonly operationSeconds?: number;
  /** Where the project's own Azure CLI is, if it had to be installed; default `<directory>/az`. */
  readonly azHome?: string;
  /** When replicas are added and removed by the HTTP rule and the cool-down; default: Azure's times. */
  readonly scaling?: DataPlaneOptions["scaling"];
  /** Called with a line for each thing worth knowing; default: silent. */
  readonly log?: (line: string) => void;
  /** Called with each ARM call once it is answered. */
  readonly onRequest?: (request: ArmRequest) => void;
  /** Stands in for the data plane in tests of the control plane alone. */
  readonly dataPlane?: DataPlane;
}

/** A running local Azure. Disposing of it ends everything that it started and removes `<directory>/env`. */
export interface LocalAzure extends AsyncDisposable {
  /** ARM's address, `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** What `<directory>/env` exports: all that az, @azure/identity, Pulumi and Node need to use this Azure. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataPlane: DataPlane;
  /** ARM calls so far, oldest first; sign-in is left out, secrets are masked. */
  requests(): readonly ArmRequest[];
}

/** The recording keeps this many calls, the newest. */
const maxRecorded = 10_000;

/**
 * Starts the control plane on https loopback with the data plane behind it, and writes `<directory>/env` once it is ready.
 *
 * @throws {LocalAzureError} where one already runs in the folder or the port is taken.
 * @throws where the folder cannot be written. Nothing is left running then.
 */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const hold = await holdFolder(await realpath(directory));
  try {
    return await startIn(directory, options, hold);
  } catch (error) {
    await hold.release();
    throw error;
  }
}

async function startIn(directory: string, options: LocalAzureOptions, hold: FolderHold): Promise<LocalAzure> {
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
    // So that agw, in a shell that has sourced the file, means this one too.
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
        await hold.release();
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** Everything that runs, put together; nothing listens yet. */
async function assemble(options: LocalAzureOptions, directory: string, authority: Authority) {
  const log = options.log ?? (() => {});
  const tls = authority.issue(["127.0.0.1", "localhost"]);
  // Replicas' files hold secrets; what a killed server left goes first.
  const replicas = join(directory, "replicas");
  await removeDirectory(replicas);
  const dataPlane = options.dataPlane ?? (await createDataPlane(dataPlaneOptions(options, replicas, tls)));
  const faults = new Faults();
  const operations = new Operations(options.operationSeconds ?? 0, () => faults.forOperation());
  const tokens = new Tokens(`urn:agentgateway:local:${identity.tenant}`);
  const validator = await createValidator();
  const routes = createRoutes(createCloud({ types: registry, operations, faults, dataPlane, validator, tokens, log }));
  // Hexadecimal: az takes a value that begins with '-', as one in 64 would otherwise, for another option.
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

/** No new calls first, then what runs, then what they ran. */
async function shutDown(server: Server, operations: Operations, dataPlane: DataPlane): Promise<void> {
  const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
  server.closeAllConnections();
  await dataPlane[Symbol.asyncDispose]();
  await operations.close();
  await closed;
}
