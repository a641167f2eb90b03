import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { type LocalAzure, startLocalAzure } from "agentgateway-local-azure";
import { ensureAz, removeDirectory } from "agentgateway-local-azure/host";
import { type EngineEvent, mask, type RunResult, runStack } from "agentgateway-local-azure/pulumi";
import { appOptions } from "../../../../src/component/az/appOptions.ts";
import { CommandError } from "../terminal/command.ts";
import type { Mode } from "./engine.ts";

export interface SandboxOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Folder of `Pulumi.yaml`. */
  readonly projectDirectory: string;
  /** Folder of the sandbox, removed together with it. */
  readonly directory: string;
  /** Folder for the Azure CLI if it has to be installed. */
  readonly toolsDirectory: string;
  readonly stack: string;
  /** Called before each slow operation. */
  log(line: string): void;
}

export type Config = Readonly<Record<string, string>>;

/** A temporary local Azure with one stack on it, run by the built-in engine. */
export class Sandbox implements AsyncDisposable {
  readonly #options: SandboxOptions;
  #azPath: string | undefined;
  #azure: LocalAzure | undefined;
  /** Outputs of the last update as texts, with secrets masked. */
  outputs: Readonly<Record<string, string>> = {};
  /** Whether to keep state and logs, so that a failure can be investigated. */
  keepsFiles = false;

  constructor(options: SandboxOptions) {
    this.#options = options;
  }

  /** The local Azure. @throws CommandError before it is started */
  get azure(): LocalAzure {
    if (this.#azure === undefined) throw new CommandError("the local Azure is not running");
    return this.#azure;
  }

  /** The environment for tools that use this local Azure. */
  get environment(): NodeJS.ProcessEnv {
    const { PATH = "" } = this.azure.environment;
    const path = this.#azPath === undefined ? PATH : `${this.#azPath}${delimiter}${PATH}`;
    return { ...this.#options.env, ...this.azure.environment, PATH: path };
  }

  /** Finds or installs the Azure CLI. Runs that change something need it. */
  async ensureAz(): Promise<Awaited<ReturnType<typeof ensureAz>>> {
    const { toolsDirectory: directory, log, signal } = this.#options;
    const az = await ensureAz({ directory, log, signal });
    this.#azPath = az.bin;
    return az;
  }

  /** Starts an empty local Azure. */
  async start(): Promise<void> {
    const { directory, toolsDirectory } = this.#options;
    this.#azure = await startLocalAzure({ directory, azHome: join(toolsDirectory, "az") });
    // Only after the start is it certain that no running local Azure uses this folder.
    await removeDirectory(this.#stateDirectory);
  }

  get #stateDirectory(): string {
    return join(this.#options.directory, "state");
  }

  /** Runs the stack. `config` overrides the settings of its file. Errors are in the result. */
  async run(mode: Mode, config: Config = {}, onEvent?: (event: EngineEvent) => void): Promise<RunResult> {
    const { projectDirectory, stack, signal } = this.#options;
    const [environment, stateDirectory] = [this.environment, this.#stateDirectory];
    const run = { mode, projectDirectory, stack, config, environment, stateDirectory, signal };
    const result = await runStack({ ...run, ...(onEvent && { onEvent }) });
    signal.throwIfAborted();
    if (mode === "up" && result.ok) {
      const texts = Object.entries(mask(result.outputs)).map(([key, value]) => [key, String(value)]);
      this.outputs = Object.fromEntries(texts);
    }
    return result;
  }

  /** The options that name the app of the last update for az. */
  get appArguments(): string[] {
    return appOptions({
      containerAppName: this.output("containerAppName"),
      resourceGroupName: this.output("resourceGroupName"),
    });
  }

  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) throw new CommandError(`the stack has no output '${name}'`);
    return value;
  }

  /** Runs the Azure CLI and returns its output. */
  az(...args: string[]): Promise<string> {
    const options = { env: this.environment, signal: this.#options.signal };
    return new Promise((resolve, reject) => {
      execFile("az", args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new CommandError(`az ${args.slice(0, 3).join(" ")}: ${stderr.trim() || error.message}`));
      });
    });
  }

  /** Sets affinity with az, so that it drifts from the stack. */
  async setAffinity(affinity: "sticky" | "none"): Promise<void> {
    await this.az("containerapp", "ingress", "sticky-sessions", "set", ...this.appArguments, "--affinity", affinity);
  }

  /** Whether the sandbox's folder remains after disposal. */
  get leavesFiles(): boolean {
    return this.#azure !== undefined && this.keepsFiles;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#azure === undefined) return;
    await this.#azure[Symbol.asyncDispose]();
    if (!this.keepsFiles) await removeDirectory(this.#options.directory);
  }
}
