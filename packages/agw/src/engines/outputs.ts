import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { localDirectory } from "agentgateway-local-azure/host";
import { commandOf, engineNames, readRecord } from "./records.ts";

/** The outputs of a stack that name its app; or why there are none, and what to do. */
export type StackOutputs =
  | NamedApp
  | { readonly kind: "unread"; readonly found: string; readonly mend: string; readonly update: string };

export interface NamedApp {
  readonly kind: "read";
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  /** The command that brings the stack up again, by the engine that it was deployed with. */
  readonly update: string;
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
  const deployed = await (context.local ? localOutputs(stack, context.env) : pulumiOutputs(stack, context));
  const { outputs, update } = deployed;
  if (deployed.why !== undefined) return { kind: "unread", found: deployed.why, mend: byName, update };
  const { containerAppName, resourceGroupName, url, stickySessionsEnabled } = outputs;
  if (typeof containerAppName !== "string" || typeof resourceGroupName !== "string") {
    const found = `'${stack}' has no outputs that name its app: it is not deployed, or its last update was refused`;
    return { kind: "unread", found, mend: `${update}; or name the app: ${byName}`, update };
  }
  return {
    kind: "read",
    containerAppName,
    resourceGroupName,
    update,
    url: typeof url === "string" && /^https?:/.test(url) ? url : undefined,
    stickySessionsEnabled: typeof stickySessionsEnabled === "boolean" ? stickySessionsEnabled : undefined,
  };
}

const byName = "npx agw doctor --name N --resource-group G";

type Outputs = Readonly<Record<string, unknown>>;
/** `why`: what kept the outputs from being read; undefined where they were. */
type Deployed = { readonly outputs: Outputs; readonly update: string; readonly why?: string };

/** Of the engine that deployed the stack last, as far as its outputs name an app. */
async function localOutputs(stack: string, env: NodeJS.ProcessEnv): Promise<Deployed> {
  const directory = localDirectory(env);
  const records = await Promise.all(engineNames.map((name) => readRecord(name, directory, "agentgateway", stack)));
  const update = commandOf("embedded", "up", stack);
  for (const { engine, file, resources } of records.sort((a, b) => b.written - a.written)) {
    if (resources === undefined) return { outputs: {}, update, why: `the state in ${file} is no JSON` };
    const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    if (typeof outputs.containerAppName === "string") return { outputs, update: commandOf(engine, "up", stack) };
  }
  return { outputs: {}, update };
}

async function pulumiOutputs(stack: string, { env, signal }: OutputsContext): Promise<Deployed> {
  const update = `pulumi up --refresh --stack ${stack}`;
  const args = ["stack", "output", "--json", "--stack", stack, "--non-interactive"];
  try {
    const { stdout } = await promisify(execFile)("pulumi", args, { env, signal, timeout: 60_000 });
    return { outputs: JSON.parse(stdout) as Outputs, update };
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    const why =
      code === "ENOENT"
        ? "pulumi is not on the PATH; and no local Azure runs here (npx agw azure starts one)"
        : (stderr?.trim().split("\n")[0] ?? "it did not answer");
    return { outputs: {}, update, why: `pulumi stack output --stack ${stack}: ${why}` };
  }
}
