import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { removeDirectory } from "../system/removeDirectory.ts";

const run = promisify(execFile);

/** The release that the wire facts were measured with; PyPI keeps every release, so it stays installable. */
const azureCliVersion = "2.91.0";

export interface EnsureAzOptions {
  /** The project's own folder (`.local`); the CLI goes to `<directory>/az`. */
  readonly directory: string;
  /** Where to look first; default: this process's PATH. */
  readonly path?: string;
  /** Called with a line whenever something is done that takes long. */
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Az {
  /** Folder that holds `az`, to be put first on PATH. */
  readonly bin: string;
  /** True where it is the project's own, false where the machine already had one. */
  readonly own: boolean;
}

/** The Azure CLI can neither be found nor installed; the message says what to do. */
export class AzMissing extends Error {
  readonly exitCode = 1;
}

/**
 * Finds the Azure CLI on the PATH, or in the project's own folder, or installs it there from PyPI.
 * The installation is made beside its place and renamed, so that an interrupted one is never taken for a whole one.
 *
 * @throws {AzMissing} when there is neither `az` nor a python3 with pip and venv, or PyPI does not answer.
 */
export async function ensureAz(options: EnsureAzOptions): Promise<Az> {
  const onPath = await findOnPath("az", options.path ?? process.env.PATH ?? "");
  if (onPath !== undefined) return { bin: onPath, own: false };
  const home = join(options.directory, "az");
  const bin = join(home, "bin");
  if (await executable(join(bin, "az"))) return { bin, own: true };
  await install(home, options);
  return { bin, own: true };
}

async function install(home: string, options: EnsureAzOptions): Promise<void> {
  const python = await findOnPath("python3", options.path ?? process.env.PATH ?? "");
  if (python === undefined) {
    throw new AzMissing(
      "Azure CLI: 'az' is not on the PATH, and there is no python3 to install it with. " +
        "Install the Azure CLI (https://aka.ms/azure-cli) or python3, then try again.",
    );
  }
  options.log?.(
    `Azure CLI: not on the PATH; installing ${azureCliVersion} from PyPI into the project's own folder (370 MB)`,
  );
  const started = performance.now();
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const work = await mkdtemp(`${home}.installing-`);
  try {
    await installInto(work, join(python, "python3"), options.signal);
    await rename(join(work, "az"), home).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was faster: its installation is as good as ours.
      if (!(await executable(join(home, "bin", "az")))) throw error;
    });
  } catch (error) {
    throw installFailure(error);
  } finally {
    await removeDirectory(work);
  }
  options.log?.(`Azure CLI: installed in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** uv, itself from PyPI, installs in seconds what takes pip most of a minute, and makes an environment that can be moved. */
async function installInto(work: string, python: string, signal?: AbortSignal): Promise<void> {
  const [tools, az] = [join(work, "tools"), join(work, "az")];
  const uv = join(tools, "bin", "uv");
  const steps: [string, ...string[]][] = [
    [python, "-m", "venv", tools],
    [join(tools, "bin", "python3"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"],
    [uv, "venv", "--quiet", "--relocatable", "--python", python, az],
    [uv, "pip", "install", "--quiet", "--python", join(az, "bin", "python3"), `azure-cli==${azureCliVersion}`],
    // The first run compiles the modules that every later run needs: 4 s once instead of 1 s each time.
    [join(az, "bin", "az"), "containerapp", "ingress", "sticky-sessions", "set", "--help"],
  ];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    AZURE_CONFIG_DIR: join(work, "config"),
    AZURE_CORE_COLLECT_TELEMETRY: "no",
    // As pip does: a company's own authority is in the system's store, not in the one that uv brings.
    UV_SYSTEM_CERTS: "true",
  };
  // uv keeps what it downloads below the user's home, and installs nothing where there is none that can be written.
  if (!(await permits(homedir(), constants.W_OK))) env.UV_CACHE_DIR ??= join(work, "cache");
  delete env.PYTHONDONTWRITEBYTECODE;
  for (const [command, ...args] of steps) await run(command, args, { env, ...(signal && { signal }) });
}

function installFailure(error: unknown): AzMissing {
  const { stderr, message } = error as { stderr?: string; message: string };
  const reason = (stderr?.trim() || message).split("\n").slice(-3).join(" ");
  return new AzMissing(
    `Azure CLI: could not be installed from PyPI: ${reason}\n` +
      "Install the Azure CLI (https://aka.ms/azure-cli), or python3 with venv and pip (Debian: python3-venv), then try again.",
  );
}

/** The first folder of a PATH that holds this program, or undefined. */
export async function findOnPath(command: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (folder !== "" && (await executable(join(folder, command)))) return folder;
  }
  return undefined;
}

const executable = (file: string): Promise<boolean> => permits(file, constants.X_OK);

function permits(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
