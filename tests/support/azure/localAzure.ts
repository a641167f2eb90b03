import { execFile } from "node:child_process";
import { cp, mkdtemp } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import {
  type LocalAzure,
  type LocalAzureOptions,
  startLocalAzure,
} from "../../../packages/local-azure/src/host/startLocalAzure.ts";

/** A local Azure in a temporary folder, which is removed with it. */
export interface TestAzure extends LocalAzure {
  readonly directory: string;
  readonly caPem: string;
}

export async function startTestAzure(options: Partial<LocalAzureOptions> = {}): Promise<TestAzure> {
  const directory = await mkdtemp(join(tmpdir(), "agw-azure-"));
  const azure = await startLocalAzure({ directory, ...options });
  const { readFile } = await import("node:fs/promises");
  const caPem = await readFile(azure.environment.REQUESTS_CA_BUNDLE ?? "", "utf8");
  return {
    ...azure,
    directory,
    caPem,
    [Symbol.asyncDispose]: async () => {
      await azure[Symbol.asyncDispose]();
      await removeDirectory(directory);
    },
  };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with the variables of `.local/env`, and with the tools that set-up added to the PATH. */
export function runWith(
  azure: LocalAzure,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const environment = { ...process.env, ...azure.environment, PATH: process.env.PATH, ...env };
  return new Promise((resolve) => {
    execFile(command, args, { env: environment, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** A configuration folder of az without a sign-in, and without checks for newer releases. */
export async function emptyAzConfiguration(azure: TestAzure): Promise<string> {
  const folder = await mkdtemp(join(azure.directory, "empty-"));
  const file = "versionCheck.json";
  await cp(join(azure.environment.AZURE_CONFIG_DIR ?? "", file), join(folder, file));
  return folder;
}

/**
 * Whether the real Azure CLI is on the PATH, where set-up adds it.
 * @throws if it is there but does not run: its tests must then fail, not be skipped.
 */
export async function azIsThere(): Promise<boolean> {
  return new Promise((resolve, reject) =>
    execFile("az", ["version"], (error, _stdout, stderr) => {
      if (error === null) resolve(true);
      else if (error.code === "ENOENT") resolve(false);
      else reject(new Error(`az is on the PATH but does not run:\n${stderr}`));
    }),
  );
}

/** Suffix for the titles of tests that need az, for the result of {@link azIsThere}. */
export const withoutAz = (there: boolean): string =>
  there ? "" : " (skipped: no Azure CLI on the PATH and none could be installed)";

/** Runs the real Azure CLI and parses its output. An error contains az's message. */
export async function az(azure: LocalAzure, ...args: string[]): Promise<unknown> {
  const ran = await runWith(azure, "az", [...args, "--output", "json"]);
  if (ran.code !== 0) throw new Error(`az ${args.join(" ")}: exit ${ran.code}\n${ran.stderr}`);
  return ran.stdout.trim() === "" ? undefined : JSON.parse(ran.stdout);
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests check the properties that they read
  readonly body: any;
}

export interface ArmCall {
  readonly body?: unknown;
  /** Sent unchanged, instead of `body` as JSON. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined: a valid one; empty: none. */
  readonly token?: string;
  /** Empty: none. */
  readonly apiVersion?: string;
}

/** Calls ARM without a client library: sends exactly these bytes, returns exactly the answer. */
export async function arm(azure: TestAzure, method: string, path: string, call: ArmCall = {}): Promise<Answer> {
  const token = call.token ?? (await signIn(azure));
  const url = new URL(`${azure.url}${path}`);
  const version = call.apiVersion ?? "2025-07-01";
  if (version !== "" && !url.searchParams.has("api-version")) url.searchParams.set("api-version", version);
  const body = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  const headers = {
    ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
    ...call.headers,
  };
  return send(azure, method, url, headers, body);
}

/** Gets an access token from the managed identity endpoint. */
export async function signIn(azure: TestAzure, resource = azure.url): Promise<string> {
  const url = new URL(
    `${azure.environment.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`,
  );
  const { body } = await send(azure, "GET", url, { "x-identity-header": azure.environment.IDENTITY_HEADER ?? "" });
  return body.access_token;
}

export function send(
  azure: TestAzure,
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers, ca: azure.caPem, agent: false, servername: "localhost" },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const json = /json/.test(response.headers["content-type"] ?? "") && text !== "";
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: json ? JSON.parse(text) : text,
          });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Waits until the latest revision is ready. As on Azure, that is later than the end of the write. */
export async function untilReady(azure: TestAzure, appId: string): Promise<void> {
  for (;;) {
    const { latestRevisionName, latestReadyRevisionName } = (await arm(azure, "GET", appId)).body.properties;
    if (latestRevisionName !== "" && latestRevisionName === latestReadyRevisionName) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The same with az, for the app given by `--name` and `--resource-group`. */
export async function untilAzSaysReady(azure: LocalAzure, app: readonly string[]): Promise<void> {
  const names = ["--query", "properties.[latestRevisionName, latestReadyRevisionName]"];
  for (;;) {
    const [latest, ready] = (await az(azure, "containerapp", "show", ...app, ...names)) as string[];
    if (latest !== "" && latest === ready) return;
  }
}

/** The PUTs of a resource so far. Case is ignored, because Azure's IDs differ from a client's in case. */
export const putsOf = (azure: LocalAzure, path: string) =>
  azure.requests().filter((call) => call.method === "PUT" && call.path.toLowerCase() === path.toLowerCase());

/** Waits for the long-running operation of an answer and returns its last status. */
export async function settled(azure: TestAzure, answer: Answer): Promise<Answer["body"]> {
  for (;;) {
    const address = new URL(String(answer.headers["azure-asyncoperation"]));
    const { body } = await arm(azure, "GET", `${address.pathname}${address.search}`);
    if (body.status !== "InProgress") return body;
  }
}
