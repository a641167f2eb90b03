import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { localDirectory } from "../local/environmentFile.ts";

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

type Outputs = Record<string, unknown>;
/** `why`: what kept the outputs from being read; undefined where they were. */
type Deployed = { readonly outputs: Outputs; readonly update: string; readonly why?: string };

/** Of the engine that deployed the stack last, as far as its outputs name an app; both keep their state below `.local`. */
async function localOutputs(stack: string, env: NodeJS.ProcessEnv): Promise<Deployed> {
  const directory = localDirectory(env);
  const update = `npx agw up --stack ${stack}`;
  const engines = [
    { file: join(directory, "state", "agentgateway", `${stack}.json`), update },
    {
      file: join(directory, "pulumi", "backend", ".pulumi", "stacks", "agentgateway", `${stack}.json`),
      update: `${update} --engine pulumi`,
    },
  ];
  const states = await Promise.all(
    engines.map(async (engine) => ({
      ...engine,
      outputs: await outputsOf(engine.file),
      written: await writtenAt(engine.file),
    })),
  );
  for (const { file, outputs, update: by } of states.sort((a, b) => b.written - a.written)) {
    if (outputs === undefined) return { outputs: {}, update, why: `the state in ${file} is no JSON` };
    if (typeof outputs.containerAppName === "string") return { outputs, update: by };
  }
  return { outputs: {}, update };
}

/** When a file was last written, in milliseconds; 0 where there is none. Engines write their state at each update. */
const writtenAt = (file: string): Promise<number> =>
  stat(file)
    .then(({ mtimeMs }) => mtimeMs)
    .catch(() => 0);

interface Resources {
  readonly resources?: readonly { readonly type?: string; readonly outputs?: Outputs }[];
}

interface State {
  readonly deployment?: Resources;
  readonly checkpoint?: { readonly latest?: Resources };
}

/** The stack's outputs in a checkpoint: as exported, or as Pulumi keeps it in a folder. Empty without one; undefined: broken. */
async function outputsOf(file: string): Promise<Outputs | undefined> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  const state = parseState(text);
  if (state === undefined) return undefined;
  const resources = (state.deployment ?? state.checkpoint?.latest)?.resources;
  return resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

function parseState(text: string): State | undefined {
  try {
    return JSON.parse(text) as State;
  } catch {
    return undefined;
  }
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
