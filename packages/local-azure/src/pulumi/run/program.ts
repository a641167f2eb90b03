import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Project, programRunner } from "../project/project.ts";

const compileCache = join(import.meta.dirname, "..", "..", "..", "..", "..", "node_modules", ".cache", "compiled");

export interface ProgramOptions {
  readonly project: Project;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  /** Address of the monitor and engine services, `127.0.0.1:PORT`. */
  readonly address: string;
  readonly preview: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Called with each line that the program writes. */
  readonly onLine: (line: string) => void;
}

/** Runs the program the way Pulumi's language host for Node.js does. Resolves to its exit code. */
export function runProgram(options: ProgramOptions): Promise<number> {
  const { project, stack, address, preview, environment } = options;
  const { directory, name } = project;
  const runner = programRunner(project);
  const where = ["--monitor", address, "--engine", address, "--project", name, "--stack", stack];
  const paths = ["--root-directory", directory, "--pwd", directory];
  const mode = preview ? ["--dry-run"] : [];
  const node = [...project.nodeArgs, "--import", new URL("./endWithEngine.ts", import.meta.url).href, runner];
  const child = start([...node, ...where, ...paths, ...mode, "--parallel", "16", project.main], {
    cwd: directory,
    signal: options.signal,
    env: {
      ...environment,
      // Without the cache, a third of a run's time goes into compiling the same packages again.
      NODE_COMPILE_CACHE: environment.NODE_COMPILE_CACHE ?? compileCache,
      PULUMI_CONFIG: JSON.stringify(options.config),
      PULUMI_CONFIG_SECRET_KEYS: "[]",
      PULUMI_NODEJS_TYPESCRIPT: String(project.typescript),
    },
  });
  for (const output of [child.stdout, child.stderr]) createInterface(output).on("line", options.onLine);
  return new Promise((resolve, reject) => {
    // A program that the signal ended still emits "close". Waiting for that leaves no process behind.
    child.on("error", (error) => options.signal.aborted || reject(error));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** Starts Node. The config is one environment variable, as with Pulumi, and Linux limits each of these (execve(2)). */
function start(words: readonly string[], options: SpawnOptionsWithoutStdio): ChildProcessWithoutNullStreams {
  try {
    return spawn(process.execPath, words, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "E2BIG") throw error;
    throw new Error(
      "the program can't start, because the stack's settings are too long: Linux allows 128 KiB for all of them together, " +
        "with Pulumi too. Move large values to files of the image.",
    );
  }
}
