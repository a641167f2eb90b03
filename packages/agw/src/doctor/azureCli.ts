import { spawn } from "node:child_process";

/** The JSON output of an Azure CLI command, or why there is none. */
export type AzResult =
  | { readonly kind: "read"; readonly value: unknown }
  | { readonly kind: "failed"; readonly reason: AzFailure; readonly message: string };

export type AzFailure = "az missing" | "not signed in" | "not found" | "not allowed" | "timed out" | "other";

export interface AzContext {
  /** The environment for az. Its PATH selects the az to run. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Timeout of one command in ms. Default: 60,000. */
  readonly timeout?: number;
}

/** Runs an az command that only reads. Passes its arguments as an array, never through a shell. */
export async function askAz(args: readonly string[], context: AzContext): Promise<AzResult> {
  const { code, stdout, stderr } = await run([...args, "--output", "json", "--only-show-errors"], context);
  if (code !== 0) return failed(code, stderr);
  try {
    return { kind: "read", value: stdout.trim() === "" ? null : JSON.parse(stdout) };
  } catch {
    return { kind: "failed", reason: "other", message: `az ${args.slice(0, 2).join(" ")} did not print JSON` };
  }
}

type Ended = { readonly code: number | "missing" | "timeout"; readonly stdout: string; readonly stderr: string };

/** What errors of `spawn` mean. Any other one, such as EACCES, is reported with its message. */
const spawnErrors: Readonly<Record<string, Ended["code"]>> = { ENOENT: "missing", ABORT_ERR: "timeout" };

function run(args: string[], { env, signal, timeout = 60_000 }: AzContext): Promise<Ended> {
  return new Promise((resolve) => {
    // Otherwise az may prompt to install an extension, and nobody answers.
    const environment = { ...env, AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no" };
    // spawn's `timeout` would keep this process alive until it expires if there is no az.
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    const child = spawn("az", args, { env: environment, stdio: ["ignore", "pipe", "pipe"], signal: limit });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on("error", ({ code, message }: NodeJS.ErrnoException) =>
      resolve({ code: spawnErrors[code ?? ""] ?? 1, stdout: "", stderr: message }),
    );
    child.on("close", (code, killed) => resolve({ code: killed === null ? (code ?? 1) : "timeout", stdout, stderr }));
  });
}

function failed(code: Ended["code"], stderr: string): AzResult {
  if (code === "missing") return { kind: "failed", reason: "az missing", message: "the Azure CLI is not on the PATH" };
  if (code === "timeout") return { kind: "failed", reason: "timed out", message: "az timed out" };
  const message =
    stderr
      .trim()
      .split("\n")
      .at(-1)
      ?.replace(/^ERROR: /, "")
      .slice(0, 300) ?? "";
  return { kind: "failed", reason: reasonOf(stderr), message };
}

function reasonOf(stderr: string): AzFailure {
  if (/az login|AADSTS|ExpiredAuthenticationToken|InvalidAuthenticationToken|No subscription found/.test(stderr)) {
    return "not signed in";
  }
  if (/AuthorizationFailed|does not have authorization|Forbidden/.test(stderr)) return "not allowed";
  if (/ResourceNotFound|ResourceGroupNotFound|does not exist|could not be found|was not found/.test(stderr))
    return "not found";
  return "other";
}
