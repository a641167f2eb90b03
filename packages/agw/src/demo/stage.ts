import { readFile } from "node:fs/promises";
import type { RunResult } from "agentgateway-local-azure/pulumi";
import { type ProbeOptions, type ProbeReport, runProbe } from "mcp-affinity-probe";
import { showErrors, showProgress } from "../engines/display.ts";
import { type Config, Sandbox, type SandboxOptions } from "../engines/sandbox.ts";
import { CommandError } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";

export interface StageOptions
  extends Pick<SandboxOptions, "projectDirectory" | "directory" | "toolsDirectory" | "stack"> {
  readonly io: Io;
  readonly config: Config;
}

/** Timeout of one call, in seconds. Long, because everything runs on this machine and the demo doesn't measure speed. */
const callSeconds = 60;

/** The state and the actions that the demo's steps share. */
export class Stage implements AsyncDisposable {
  readonly #io: Io;
  readonly #config: Config;
  readonly sandbox: Sandbox;
  /** The probe report that the HTML report shows. */
  report: ProbeReport | undefined;
  /** Settings from the steps so far. They override the command line's. */
  settings: Record<string, string> = {};

  constructor({ io, config, ...options }: StageOptions) {
    this.#io = io;
    this.#config = config;
    const log = (line: string): void => io.err(`    ${line}`);
    this.sandbox = new Sandbox({ env: io.env, signal: io.signal, log, ...options });
  }

  async findAz(): Promise<string> {
    const az = await this.sandbox.ensureAz();
    return az.own ? "installed by this project" : `found in ${az.bin}`;
  }

  async startAzure(): Promise<string> {
    await this.sandbox.start();
    return this.sandbox.azure.url;
  }

  /** Runs the stack with the settings so far. @throws CommandError with the first error */
  async run(mode: "up" | "destroy", show: boolean): Promise<RunResult> {
    const onEvent = show ? showProgress(this.#io, false) : undefined;
    const result = await this.sandbox.run(mode, { ...this.#config, ...this.settings }, onEvent);
    if (show || !result.ok) showErrors(this.#io, result);
    if (!result.ok) {
      // The errors were printed above, so the first line is enough.
      throw new CommandError(`agw ${mode} failed: ${result.errors[0]?.message.split("\n")[0] ?? "no error message"}`);
    }
    return result;
  }

  readAffinity(): Promise<string> {
    const query = "properties.configuration.ingress.stickySessions.affinity";
    const { sandbox } = this;
    return sandbox.az("containerapp", "show", ...sandbox.appArguments, "--query", query, "--output", "tsv");
  }

  async probe(options: Omit<ProbeOptions, "url">, onProgress?: Parameters<typeof runProbe>[1]): Promise<ProbeReport> {
    const ca = await readFile(this.sandbox.azure.environment.REQUESTS_CA_BUNDLE ?? "", "utf8");
    const { signal } = this.#io;
    const report = await runProbe(
      { url: this.sandbox.output("mcpEndpoint"), ca, signal, client: "lean", timeout: callSeconds, ...options },
      onProgress,
    );
    signal.throwIfAborted();
    return report;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sandbox[Symbol.asyncDispose]();
  }
}
