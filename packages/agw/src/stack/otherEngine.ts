import { connectArm, resourceTypes } from "agentgateway-local-azure/pulumi";
import { CommandError } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { commandOf, type EngineName, type RecordedResource, readStackStates, type StackState } from "./stackStates.ts";

export interface StackRunPlan {
  readonly mode: "up" | "preview" | "destroy";
  readonly engine: EngineName;
  readonly project: string;
  readonly stack: string;
  /** `.local`, below which both engines keep their state. */
  readonly directory: string;
  /** Names the local Azure. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Sees to it that a stack is left to the engine that deployed it: each engine knows only what its own state holds, so that
 * the other would fail in the middle over what is there already, or delete it by a state that is out of date.
 *
 * @throws CommandError where the other engine's resources are there, before anything is changed
 */
export async function leaveToOtherEngine(plan: StackRunPlan, io: Io): Promise<void> {
  const states = await readStackStates(plan.directory, plan.project, plan.stack);
  const own = states.find(({ engine }) => engine === plan.engine);
  const other = states.find(({ engine }) => engine !== plan.engine);
  if (own === undefined || other === undefined) return;
  const theirs = ownedByOther(own, other);
  const there = await firstThatIsThere(theirs, plan.environment, io.signal);
  if (there === undefined) return;
  const words = refusal(plan, other.engine, there);
  // What this engine alone has made it may delete; nobody else could.
  const ids = new Set(theirs.map(({ id }) => id));
  const rest = azureResources(own).some(({ id }) => !ids.has(id));
  if (plan.mode !== "destroy" || !rest) throw new CommandError(words);
  io.err(io.style("yellow", "warning: ") + words);
}

/** What the other engine has made, by its state: what is not in this one's, or is in it from an earlier time. */
export function ownedByOther(own: StackState, other: StackState): RecordedResource[] {
  const known = new Set(azureResources(own).map(({ id }) => id));
  return azureResources(other).filter(({ id }) => !known.has(id) || other.written > own.written);
}

const azureResources = ({ resources = [] }: StackState): RecordedResource[] =>
  resources.filter(({ type = "" }) => resourceTypes[type] !== undefined);

/** A state outlives the local Azure and all that was in it. */
async function firstThatIsThere(
  resources: readonly RecordedResource[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (resources.length === 0) return undefined;
  const arm = await connectArm({ environment, signal });
  for (const { id = "", type = "" } of resources) {
    const found = await arm.send("GET", id, resourceTypes[type]?.apiVersion ?? "");
    if (found !== undefined) return id;
  }
  return undefined;
}

const names: Record<EngineName, string> = {
  embedded: "this project's engine (--engine embedded, the default)",
  pulumi: "Pulumi's own engine (--engine pulumi)",
};

function refusal({ mode, stack }: StackRunPlan, other: EngineName, id: string): string {
  const found = `the stack ${stack} was deployed by ${names[other]}, whose state holds ${id}`;
  const destroy = commandOf(other, "destroy", stack);
  if (mode === "destroy") return `${found}: what that one has made stays. To delete it: ${destroy}`;
  return `${found}; nothing was changed. Go on with it: ${commandOf(other, "up", stack)}. Or delete first what it has made: ${destroy}`;
}
