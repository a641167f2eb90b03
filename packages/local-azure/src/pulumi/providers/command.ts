import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { signalGroup, spawnGuarded } from "../../system/guardedProcess.ts";
import { differences } from "../protocol/difference.ts";
import { nameOf, type Provider, typeOf } from "../protocol/provider.ts";
import {
  containsSecret,
  hideSecrets,
  type Properties,
  reveal,
  secret,
  unknown,
  type Value,
} from "../protocol/values.ts";

const only = "command:local:Command";
const supported = "create update delete dir stdin interpreter environment triggers addPreviousOutputInEnv".split(" ");

/**
 * Stands in for the provider of `command:local:Command` and behaves like pulumi/pulumi-command
 * provider/pkg/provider/local. A command's `environment` overrides the given one. It refuses assets, archives and
 * logging by name. The function is long because its methods share one AbortController.
 */
export function commandProvider(environment: NodeJS.ProcessEnv, directory: string): Provider {
  const controller = new AbortController();
  /** Runs the command and returns its outputs, or the given outputs if there is no command. */
  const run = async (line: Value | undefined, inputs: Properties, outputs: Properties, timeout: number) => {
    if (line === undefined) return outputs;
    controller.signal.throwIfAborted();
    const limit = timeout > 0 ? [AbortSignal.timeout(timeout * 1000)] : [];
    const place = { environment, directory, signal: AbortSignal.any([controller.signal, ...limit]) };
    try {
      return await execute(String(reveal(line)), reveal(inputs), reveal(outputs), place);
    } catch (error) {
      throw new Error(hideSecrets((error as Error).message, inputs));
    }
  };
  /** Adds the inputs to the outputs. As in the real provider, one secret input makes all outputs secret. */
  const shown = (inputs: Properties, outputs: Properties): Properties => {
    const hide = Object.values(inputs).some(containsSecret);
    const own = Object.entries(outputs).map(([key, value]) => [key, hide ? secret(value) : value]);
    return { ...inputs, ...Object.fromEntries(own) };
  };
  /** Returns the recorded outputs that are not inputs too. */
  const own = ({ stdout = "", stderr = "" }: Properties): Properties => ({ stdout, stderr });

  return {
    check: async ({ urn, news }) => {
      if (typeOf(urn) !== only) {
        throw new Error(`the local command provider does not support the resource type '${typeOf(urn)}', only ${only}`);
      }
      return { inputs: news, failures: failuresOf(news) };
    },
    diff: async ({ inputs, news }) => {
      return { changes: differences(reveal(inputs), reveal(news), ["triggers"]), deleteBeforeReplace: false };
    },
    create: async ({ urn, inputs, preview, timeout }) => {
      if (preview) return { id: "", outputs: shown(inputs, { stdout: unknown, stderr: unknown }) };
      const outputs = await run(inputs.create, inputs, {}, timeout);
      return { id: nameOf(urn) + randomBytes(4).toString("hex"), outputs: shown(inputs, outputs) };
    },
    // A command has no live state to read. One whose create was interrupted runs again.
    read: async ({ id, inputs, outputs }) => (id === "" ? undefined : { id, inputs, outputs }),
    update: async ({ news, outputs, preview, timeout }) => {
      if (preview) return shown(news, { stdout: unknown, stderr: unknown });
      return shown(news, await run(news.update ?? news.create, news, own(outputs), timeout));
    },
    delete: async ({ inputs, outputs, timeout }) => {
      await run(inputs.delete, inputs, own(outputs), timeout);
    },
    invoke: async (token) => {
      throw new Error(`the local command provider does not support the function '${token}'`);
    },
    cancel: () => controller.abort(),
  };
}

function failuresOf(inputs: Properties): { property: string; reason: string }[] {
  const unknownOnes = Object.keys(inputs).filter((property) => !supported.includes(property));
  const reason = `not supported by the local command provider. Supported: ${supported.join(", ")}`;
  return unknownOnes.map((property) => ({ property, reason: `property '${property}' is ${reason}` }));
}

type Place = { readonly environment: NodeJS.ProcessEnv; readonly directory: string; readonly signal: AbortSignal };

async function execute(line: string, inputs: Properties, previous: Properties, place: Place): Promise<Properties> {
  const interpreter = Array.isArray(inputs.interpreter) ? inputs.interpreter.map(String) : [];
  const words = [...(interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"]), line];
  const env: NodeJS.ProcessEnv = { ...place.environment, ...(inputs.environment as Record<string, string>) };
  if (inputs.addPreviousOutputInEnv !== false) {
    if (previous.stdout) env.PULUMI_COMMAND_STDOUT = String(previous.stdout);
    if (previous.stderr) env.PULUMI_COMMAND_STDERR = String(previous.stderr);
  }
  const cwd = typeof inputs.dir === "string" ? inputs.dir : place.directory;
  // A command that outlives this process could interfere with the next run, so it ends with this process.
  const child = spawnGuarded(words, { name: "command", last: "TERM", stdin: "pipe", cwd, env });
  const [stdin, stdout, stderr, guard] = child.stdio as unknown as [Writable, Readable, Readable, Writable];
  const text = { stdout: "", stderr: "", both: "" };
  for (const [name, stream] of Object.entries({ stdout, stderr })) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text[name as "stdout" | "stderr"] += chunk;
      text.both += chunk;
    });
  }
  const failure = (how: string): Error => new Error(`${how}: running ${JSON.stringify(line)}:\n${text.both}`);
  const stop = (): void => signalGroup(child.pid, "SIGTERM");
  place.signal.addEventListener("abort", stop, { once: true });
  // A command can end without reading its input. Only its exit status counts.
  for (const stream of [stdin, guard]) stream.on("error", () => {});
  stdin.end(typeof inputs.stdin === "string" ? inputs.stdin : "");
  const over = Promise.all([once(child, "exit"), once(stdout, "close"), once(stderr, "close")]);
  const [[code, signal]] = await over
    .catch((error: Error) => Promise.reject(failure(error.message)))
    .finally(() => {
      place.signal.removeEventListener("abort", stop);
      guard.end("\n");
    });
  const trim = (value: string): string => value.replace(/\n$/, "");
  if (code === 0) return { stdout: trim(text.stdout), stderr: trim(text.stderr) };
  throw failure(signal === null ? `exit status ${code}` : `signal: ${signalWords[signal as string] ?? signal}`);
}

/** Go's names for the signals that end a command. */
const signalWords: Record<string, string> = { SIGKILL: "killed", SIGTERM: "terminated", SIGINT: "interrupt" };
