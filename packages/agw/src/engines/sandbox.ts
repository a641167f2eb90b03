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
  /** Belongs to the sandbox, and is removed with it. */
  readonly directory: string;
  /** Where the Azure CLI is kept once installed. */
  readonly toolsDirectory: string;
  readonly stack: string;
  /** Called with a line for each thing that takes long. */
  log(line: string): void;
}

export type Config = Readonly<Record<string, string>>;

/** A local Azure that is gone afterwards, and one stack on it, run by this project's engine. */
export class Sandbox implements AsyncDisposable {
  readonly #options: SandboxOptions;
  #azPath: string | undefined;
  #azure: LocalAzure | undefined;
  /** Of the last update, as texts; secrets are masked. */
  outputs: Readonly<Record<string, string>> = {};
  /** Whether state and logs are to stay behind, for a look at what has failed. */
  keepsFiles = false;

  constructor(options: SandboxOptions) {
    this.#options = options;
  }

  /** The local Azure. @throws CommandError until it is started */
  get azure(): LocalAzure {
    if (this.#azure === undefined) throw new CommandError("the local Azure does not run");
    return this.#azure;
  }

  /** What tools see that work on this Azure. */
  get environment(): NodeJS.ProcessEnv {
    const { PATH = "" } = this.azure.environment;
    const path = this.#azPath === undefined ? PATH : `${this.#azPath}${delimiter}${PATH}`;
    return { ...this.#options.env, ...this.azure.environment, PATH: path };
  }

  /** Finds the Azure CLI, or installs it; a run that changes something needs it. */
  async ensureAz(): Promise<Awaited<ReturnType<typeof ensureAz>>> {
    const { toolsDirectory: directory, log, signal } = this.#options;
    const az = await ensureAz({ directory, log, signal });
    this.#azPath = az.bin;
    return az;
  }

  /** Starts the local Azure, with nothing on it. */
  async start(): Promise<void> {
    const { directory, toolsDirectory } = this.#options;
    this.#azure = await startLocalAzure({ directory, azHome: join(toolsDirectory, "az") });
    // Only now is the folder known to be this sandbox's own, and not one's that still runs.
    await removeDirectory(this.#stateDirectory);
  }

  get #stateDirectory(): string {
    return join(this.#options.directory, "state");
  }

  /** Runs the stack with these settings on top of its file's. What went wrong is in the result. */
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

  /** The names by which az finds the app that the last update deployed. */
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

  /** Runs the real Azure CLI and resolves to what it prints. */
  az(...args: string[]): Promise<string> {
    const options = { env: this.environment, signal: this.#options.signal };
    return new Promise((resolve, reject) => {
      execFile("az", args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new CommandError(`az ${args.slice(0, 3).join(" ")}: ${stderr.trim() || error.message}`));
      });
    });
  }

  /** Sets affinity behind the stack's back, as an operator would. */
  async setAffinity(affinity: "sticky" | "none"): Promise<void> {
    await this.az("containerapp", "ingress", "sticky-sessions", "set", ...this.appArguments, "--affinity", affinity);
  }

  /** Whether anything of the sandbox's folder is there once it has ended. */
  get leavesFiles(): boolean {
    return this.#azure !== undefined && this.keepsFiles;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#azure === undefined) return;
    await this.#azure[Symbol.asyncDispose]();
    if (!this.keepsFiles) await removeDirectory(this.#options.directory);
  }
}
