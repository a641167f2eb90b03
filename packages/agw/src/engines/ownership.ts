import { connectArm, resourceTypes } from "agentgateway-local-azure/pulumi";
import { CommandError } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import type { Engine, Mode, Place } from "./engine.ts";
import { commandOf, type RecordedResource, type StackRecord } from "./records.ts";

interface Plan {
  readonly mode: Mode;
  readonly stack: string;
  readonly engine: Engine;
  readonly other: Engine;
}

/**
 * Sees to it that a stack is left to the engine that deployed it: each engine knows only what its own state holds, so that
 * the other would fail in the middle over what is there already, or delete it by a state that is out of date.
 *
 * @throws CommandError where the other engine's resources are there, before anything is changed
 */
export async function leaveToOtherEngine(plan: Plan, place: Place, io: Io): Promise<void> {
  const { mode, stack, engine, other } = plan;
  const [own, others] = await Promise.all([engine.recorded(stack, place), other.recorded(stack, place)]);
  const theirs = ownedByOther(own, others);
  const there = await firstThatIsThere(theirs, place.environment, io.signal);
  if (there === undefined) return;
  const words = refusal(plan, there);
  // What this engine alone has made it may delete; nobody else could.
  const ids = new Set(theirs.map(({ id }) => id));
  const rest = azureResources(own).some(({ id }) => !ids.has(id));
  if (mode !== "destroy" || !rest) throw new CommandError(words);
  io.err(io.style("yellow", "warning: ") + words);
}

/** What the other engine has made, by its record: what is not in this one's, or is in it from an earlier time. */
export function ownedByOther(own: StackRecord, other: StackRecord): RecordedResource[] {
  const known = new Set(azureResources(own).map(({ id }) => id));
  return azureResources(other).filter(({ id }) => !known.has(id) || other.written > own.written);
}

const azureResources = ({ resources = [] }: StackRecord): RecordedResource[] =>
  resources.filter(({ type = "" }) => resourceTypes[type] !== undefined);

/** A record outlives the local Azure and all that was in it. */
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

function refusal({ mode, stack, other }: Plan, id: string): string {
  const found = `the stack ${stack} was deployed by ${other.title}, whose state holds ${id}`;
  const destroy = commandOf(other.name, "destroy", stack);
  if (mode === "destroy") return `${found}: what that one has made stays. To delete it: ${destroy}`;
  return `${found}; nothing was changed. Go on with it: ${commandOf(other.name, "up", stack)}. Or delete first what it has made: ${destroy}`;
}
