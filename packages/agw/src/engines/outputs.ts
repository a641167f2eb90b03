import { type ExecFileException, execFile } from "node:child_process";
import { promisify } from "node:util";
import { localDirectory } from "agentgateway-local-azure/host";
import { stackNames } from "agentgateway-local-azure/pulumi";
import { findProject } from "./findPlace.ts";
import { commandOf, engineNames, readRecord } from "./records.ts";

/** The outputs that name a stack's app, or why there are none and what to do. */
export type StackOutputs =
  | NamedApp
  | { readonly kind: "unread"; readonly found: string; readonly try: string; readonly update: string };

export interface NamedApp {
  readonly kind: "read";
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  /** The command that updates the stack with the engine that deployed it. */
  readonly update: string;
  /** Undefined if the app has no address or its last update failed before it was known. */
  readonly url: string | undefined;
  readonly stickySessionsEnabled: boolean | undefined;
}

export interface OutputsContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Whether a local Azure is running. The stack is then the one that `agw up` deployed to it. */
  readonly local: boolean;
}

/** Reads the outputs of a stack on the local Azure if one is running, otherwise by `pulumi stack output --json`. */
export async function readStackOutputs(stack: string, context: OutputsContext): Promise<StackOutputs> {
  const deployed = await (context.local ? localOutputs(stack, context.env) : pulumiOutputs(stack, context));
  const { outputs, update } = deployed;
  if (deployed.why !== undefined) return { kind: "unread", found: deployed.why, try: byName, update };
  const { containerAppName, resourceGroupName, url, stickySessionsEnabled } = outputs;
  if (typeof containerAppName !== "string" || typeof resourceGroupName !== "string") {
    const found = `stack '${stack}' has no outputs that name its app: it isn't deployed, or its first update failed`;
    return { kind: "unread", found, try: `${update}; or name the app: ${byName}`, update };
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
/** `why` says why the outputs could not be read. It is undefined if they were. */
type Deployed = { readonly outputs: Outputs; readonly update: string; readonly why?: string };

/** Reads the outputs from the engine that wrote the stack's state last, among those whose outputs name an app. */
async function localOutputs(stack: string, env: NodeJS.ProcessEnv): Promise<Deployed> {
  const directory = localDirectory(env);
  const records = await Promise.all(engineNames.map((name) => readRecord(name, directory, "agentgateway", stack)));
  const update = commandOf("embedded", "up", stack);
  for (const { engine, file, resources } of records.sort((a, b) => b.written - a.written)) {
    if (resources === undefined) return { outputs: {}, update, why: `the state in ${file} is not valid JSON` };
    const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    if (typeof outputs.containerAppName === "string") return { outputs, update: commandOf(engine, "up", stack) };
  }
  const project = findProject();
  const stacks = stackNames(project);
  if (stacks.includes(stack)) return { outputs: {}, update };
  const others = stacks.length === 0 ? "" : `; stacks: ${stacks.join(", ")}`;
  return { outputs: {}, update, why: `no stack '${stack}' in ${project}${others}` };
}

async function pulumiOutputs(stack: string, { env, signal }: OutputsContext): Promise<Deployed> {
  const update = `pulumi up --refresh --stack ${stack}`;
  const args = ["stack", "output", "--json", "--stack", stack, "--non-interactive"];
  try {
    const { stdout } = await promisify(execFile)("pulumi", args, { env, signal, timeout: 60_000 });
    return { outputs: JSON.parse(stdout) as Outputs, update };
  } catch (error) {
    const { code, killed, message, stderr } = error as ExecFileException;
    const why =
      code === "ENOENT"
        ? "pulumi is not on the PATH, and no local Azure is running (start one with npx agw azure)"
        : stderr?.trim().split("\n")[0] || (killed ? "no answer within 60 s" : message);
    return { outputs: {}, update, why: `pulumi stack output --stack ${stack}: ${why}` };
  }
}
