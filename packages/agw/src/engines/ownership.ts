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
 * Makes sure that only the engine that deployed a stack changes it. Each engine knows only its own state, so the other one
 * would fail halfway because a resource exists already, or delete resources based on outdated state.
 *
 * @throws CommandError if resources of the other engine exist, before anything is changed
 */
export async function leaveToOtherEngine(plan: Plan, place: Place, io: Io): Promise<void> {
  const { mode, stack, engine, other } = plan;
  const [own, others] = await Promise.all([engine.recorded(stack, place), other.recorded(stack, place)]);
  const theirs = ownedByOther(own, others);
  const there = await firstExisting(theirs, place.environment, io.signal);
  if (there === undefined) return;
  const message = refusal(plan, there);
  // Only this engine can delete the resources that it alone knows.
  const ids = new Set(theirs.map(({ id }) => id));
  const rest = azureResources(own).some(({ id }) => !ids.has(id));
  if (mode !== "destroy" || !rest) throw new CommandError(message);
  io.err(io.style("yellow", "warning: ") + message);
}

/** Returns the other engine's recorded resources that this one doesn't record, or recorded earlier. */
export function ownedByOther(own: StackRecord, other: StackRecord): RecordedResource[] {
  const known = new Set(azureResources(own).map(({ id }) => id));
  return azureResources(other).filter(({ id }) => !known.has(id) || other.written > own.written);
}

const azureResources = ({ resources = [] }: StackRecord): RecordedResource[] =>
  resources.filter(({ type = "" }) => resourceTypes[type] !== undefined);

/** Asks the local Azure, because a record can outlive it. */
async function firstExisting(
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
  const found = `the stack ${stack} was deployed by ${other.title}, whose state contains ${id}`;
  const destroy = commandOf(other.name, "destroy", stack);
  if (mode === "destroy") return `${found}. The resources recorded there are not deleted. To delete them: ${destroy}`;
  return `${found}. Nothing was changed. Use that engine: ${commandOf(other.name, mode, stack)}. Or delete its resources first: ${destroy}`;
}
