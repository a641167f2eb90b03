import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type LocalAzure, startLocalAzure } from "agentgateway-local-azure";
import { ensureAz, removeDirectory } from "agentgateway-local-azure/host";
import { mask, type RunResult, runStack } from "agentgateway-local-azure/pulumi";
import { type ProbeOptions, type ProbeReport, runProbe } from "mcp-affinity-probe";
import { showErrors, showProgress } from "../engines/display.ts";
import { exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";

export interface StageOptions {
  readonly io: Io;
  readonly projectDirectory: string;
  /** Of one demo at a time; its state is wiped at the start. */
  readonly directory: string;
  /** Where the Azure CLI is kept once installed. */
  readonly toolsDirectory: string;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
}

/** Seconds for one call of a session: all run on this machine, and what is shown is not its speed. */
const callSeconds = 60;

/** A step did not show what it should. `code` 3: what was seen proves nothing either way. */
export class DemoFailure extends Error {
  readonly exitCode: number;
  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.exitCode = code;
  }
}

/** Where the demo takes place: what its steps can do, and what they have learnt so far. */
export class Stage implements AsyncDisposable {
  readonly #options: StageOptions;
  #azPath = "";
  #azure: LocalAzure | undefined;
  outputs: Record<string, string> = {};
  /** The proof that the report shows. */
  report: ProbeReport | undefined;
  /** Whether state and logs are to stay behind, for a look at what has failed. */
  keepsFiles = false;
  /** Affinity switches and the like of the steps so far, on top of the options' own. */
  settings: Record<string, string> = {};

  constructor(options: StageOptions) {
    this.#options = options;
  }

  get azure(): LocalAzure {
    if (this.#azure === undefined) throw new DemoFailure("the local Azure does not run");
    return this.#azure;
  }

  get environment(): NodeJS.ProcessEnv {
    const { PATH = "" } = this.azure.environment;
    return { ...this.#options.io.env, ...this.azure.environment, PATH: `${this.#azPath}${delimiter}${PATH}` };
  }

  async findAz(): Promise<string> {
    const { toolsDirectory, io } = this.#options;
    const az = await ensureAz({ directory: toolsDirectory, log: (line) => io.err(`    ${line}`), signal: io.signal });
    this.#azPath = az.bin;
    return az.own ? "the project's own" : `found in ${az.bin}`;
  }

  async startAzure(): Promise<string> {
    const { directory, toolsDirectory } = this.#options;
    this.#azure = await startLocalAzure({ directory, azHome: join(toolsDirectory, "az") });
    // Only now is the folder known to be this demo's own, and not one's that still runs.
    await removeDirectory(join(directory, "state"));
    return this.#azure.url;
  }

  /** Runs the stack with the settings so far; throws what went wrong. */
  async run(mode: "up" | "destroy", show: boolean): Promise<RunResult> {
    const { io, projectDirectory, directory, stack, config } = this.#options;
    const result = await runStack({
      mode,
      projectDirectory,
      stack,
      config: { ...config, ...this.settings },
      environment: this.environment,
      stateDirectory: join(directory, "state"),
      signal: io.signal,
      ...(show && { onEvent: showProgress(io, false) }),
    });
    io.signal.throwIfAborted();
    if (show || !result.ok) showErrors(io, result);
    if (!result.ok) {
      // All of it was just shown.
      throw new DemoFailure(`agw ${mode} failed: ${result.errors[0]?.message.split("\n")[0] ?? "no reason given"}`);
    }
    if (mode === "up") {
      const plain = Object.entries(mask(result.outputs)).map(([key, value]) => [key, String(value)]);
      this.outputs = Object.fromEntries(plain);
    }
    return result;
  }

  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) throw new DemoFailure(`the stack has no output '${name}'`);
    return value;
  }

  /** The names that az needs to find the app. */
  get appArguments(): string[] {
    return ["--name", this.output("containerAppName"), "--resource-group", this.output("resourceGroupName")];
  }

  /** Runs the real Azure CLI and resolves to what it prints. */
  az(...args: string[]): Promise<string> {
    const options = { env: this.environment, signal: this.#options.io.signal };
    return new Promise((resolve, reject) => {
      execFile("az", args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new DemoFailure(`az ${args.slice(0, 3).join(" ")}: ${stderr.trim() || error.message}`));
      });
    });
  }

  readAffinity(): Promise<string> {
    const query = "properties.configuration.ingress.stickySessions.affinity";
    return this.az("containerapp", "show", ...this.appArguments, "--query", query, "--output", "tsv");
  }

  async probe(options: Omit<ProbeOptions, "url">, onProgress?: Parameters<typeof runProbe>[1]): Promise<ProbeReport> {
    const ca = await readFile(this.azure.environment.REQUESTS_CA_BUNDLE ?? "", "utf8");
    const { signal } = this.#options.io;
    const report = await runProbe(
      { url: this.output("mcpEndpoint"), ca, signal, client: "lean", timeout: callSeconds, ...options },
      onProgress,
    );
    signal.throwIfAborted();
    return report;
  }

  /** Whether anything of this demo's folder is there once it has ended. */
  get leavesFiles(): boolean {
    return this.#azure !== undefined && this.keepsFiles;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#azure === undefined) return;
    await this.#azure[Symbol.asyncDispose]();
    if (!this.keepsFiles) await removeDirectory(this.#options.directory);
  }
}
