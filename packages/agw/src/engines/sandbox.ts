import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type LocalAzure, startLocalAzure } from "agentgateway-local-azure";
import { ensureAz, removeDirectory } from "agentgateway-local-azure/host";
import { type RunResult, runStack } from "agentgateway-local-azure/pulumi";
import { type PreviewDigest, parsePreview } from "../delivery/digest/previewDigest.ts";
import { CommandError } from "../terminal/command.ts";
import { digest } from "./display.ts";

export interface TrialOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Folder of `Pulumi.yaml`. */
  readonly projectDirectory: string;
  /** Where the Azure CLI is kept once installed. */
  readonly toolsDirectory: string;
  readonly stack: string;
  /** Called with a line for each thing that takes long. */
  log(line: string): void;
}

type Config = Readonly<Record<string, string>>;

/** A local Azure of its own, in a folder that goes with it, on which a stack is deployed, disturbed and previewed. */
export class Trial implements AsyncDisposable {
  readonly #options: TrialOptions;
  readonly #directory: string;
  readonly #azure: LocalAzure;
  #azPath: string | undefined;

  private constructor(options: TrialOptions, directory: string, azure: LocalAzure) {
    this.#options = options;
    this.#directory = directory;
    this.#azure = azure;
  }

  static async start(options: TrialOptions): Promise<Trial> {
    const directory = await mkdtemp(join(tmpdir(), "agw-preview-"));
    try {
      return new Trial(options, directory, await startLocalAzure({ directory }));
    } catch (error) {
      await removeDirectory(directory);
      throw error;
    }
  }

  /** What tools see that work on this Azure. */
  get environment(): NodeJS.ProcessEnv {
    const { PATH = "" } = this.#azure.environment;
    const path = this.#azPath === undefined ? PATH : `${this.#azPath}${delimiter}${PATH}`;
    return { ...this.#options.env, ...this.#azure.environment, PATH: path };
  }

  /** Where states and their key are kept. */
  get stateDirectory(): string {
    return join(this.#directory, "state");
  }

  /** Deploys the stack as its file says. @throws CommandError with the first error. */
  async deploy(config: Config = {}): Promise<RunResult> {
    const { toolsDirectory: directory, log, signal } = this.#options;
    this.#azPath = (await ensureAz({ directory, log, signal })).bin;
    log("Deploying the stack, so that there is something to change…");
    return this.#run("up", config);
  }

  /** Turns affinity off behind the stack's back, as an operator would. */
  async disturb({ outputs }: RunResult): Promise<void> {
    const which = ["--name", String(outputs.containerAppName), "--resource-group", String(outputs.resourceGroupName)];
    const args = ["containerapp", "ingress", "sticky-sessions", "set", ...which, "--affinity", "none"];
    await promisify(execFile)("az", args, { env: this.environment, signal: this.#options.signal });
  }

  /** What an update with these settings on top would do, in the form of `pulumi preview --json`. */
  async preview(config: Config = {}): Promise<PreviewDigest> {
    this.#options.log("Previewing…");
    return parsePreview(JSON.stringify(digest(await this.#run("preview", config))));
  }

  async #run(mode: "up" | "preview", config: Config): Promise<RunResult> {
    const { projectDirectory, stack, signal } = this.#options;
    const { environment, stateDirectory } = this;
    const result = await runStack({ mode, projectDirectory, stack, config, environment, stateDirectory, signal });
    signal.throwIfAborted();
    if (!result.ok) {
      throw new CommandError(
        `the ${mode} failed: ${result.errors.map(({ message }) => message).join("\n") || "no reason given"}`,
      );
    }
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#azure[Symbol.asyncDispose]();
    await removeDirectory(this.#directory);
  }
}
