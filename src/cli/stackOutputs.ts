import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { localDirectory } from "../local/environmentFile.ts";
import { CommandError } from "./command.ts";

/** The outputs of a stack that name its app. */
export interface StackOutputs {
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  /** Undefined where the app has no address, or its last update did not get so far. */
  readonly url: string | undefined;
  readonly stickySessionsEnabled: boolean | undefined;
}

export interface OutputsContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Whether a local Azure runs: then the stack is the one that `agw up` deployed to it. */
  readonly local: boolean;
}

/** Reads the outputs of a stack: of the local Azure where one runs, else by `pulumi stack output --json`. */
export async function readStackOutputs(stack: string, context: OutputsContext): Promise<StackOutputs> {
  const outputs = context.local ? await localOutputs(stack, context.env) : await pulumiOutputs(stack, context);
  const { containerAppName, resourceGroupName, url, stickySessionsEnabled } = outputs;
  if (typeof containerAppName !== "string" || typeof resourceGroupName !== "string") {
    const update = context.local ? `npx agw up --stack ${stack}` : `pulumi up --stack ${stack}`;
    throw new CommandError(
      `stack '${stack}' has no outputs that name its app: it is not deployed, or its last update was refused. ` +
        `Bring it up: ${update}. Or name the app: --name N --resource-group G`,
    );
  }
  return {
    containerAppName,
    resourceGroupName,
    url: typeof url === "string" && /^https?:/.test(url) ? url : undefined,
    stickySessionsEnabled: typeof stickySessionsEnabled === "boolean" ? stickySessionsEnabled : undefined,
  };
}

type Outputs = Record<string, unknown>;

async function localOutputs(stack: string, env: NodeJS.ProcessEnv): Promise<Outputs> {
  const file = join(localDirectory(env), "state", "agentgateway", `${stack}.json`);
  const text = await readFile(file, "utf8").catch(() => {
    throw new CommandError(
      `stack '${stack}' is not deployed to the local Azure that runs here by the local engine: npx agw up --stack ${stack}. ` +
        "Or, where another engine deployed it, name the app: --name N --resource-group G",
    );
  });
  const checkpoint = JSON.parse(text) as { deployment?: { resources?: { type?: string; outputs?: Outputs }[] } };
  return checkpoint.deployment?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

async function pulumiOutputs(stack: string, { env, signal }: OutputsContext): Promise<Outputs> {
  const args = ["stack", "output", "--json", "--stack", stack, "--non-interactive"];
  try {
    const { stdout } = await promisify(execFile)("pulumi", args, { env, signal, timeout: 60_000 });
    return JSON.parse(stdout) as Outputs;
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    const why =
      code === "ENOENT" ? "pulumi is not on the PATH" : (stderr?.trim().split("\n")[0] ?? "it did not answer");
    throw new CommandError(
      `pulumi stack output --stack ${stack}: ${why}. Or name the app: --name N --resource-group G`,
    );
  }
}
