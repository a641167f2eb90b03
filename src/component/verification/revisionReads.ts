import { readAz } from "./azureCli.ts";
import { type LastLine, lastLine } from "./logLine.ts";
import type { RevisionState } from "./readiness.ts";

/** The app that is meant; values reach az as arguments only. */
export interface AppName {
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  readonly subscriptionId: string;
}

/** Seconds that one command may take. */
const limit = 30;
/** Lines of a log that are looked through for the last one that says something. */
const tail = 20;

export const which = ({ containerAppName, resourceGroupName, subscriptionId }: AppName): string[] => [
  ...["--name", containerAppName, "--resource-group", resourceGroupName, "--subscription", subscriptionId],
];

/** The state of a revision, by the Azure CLI: azure-native has no function that reads one. */
export async function readRevision(app: AppName, revision: string): Promise<RevisionState | undefined> {
  const { properties } = await readJson("revision", "show", ...which(app), "--revision", revision);
  if (properties === undefined) return undefined;
  const { provisioningState, runningState, runningStateDetails, provisioningError } = properties;
  return {
    provisioningState: text(provisioningState),
    runningState: text(runningState),
    details: text(runningStateDetails) || text(provisioningError),
  };
}

/** The last line that a replica of the revision wrote: of the one that has been started again most often, if one was. */
export async function readLastLine(
  app: AppName,
  revision: string,
  secrets: readonly string[],
): Promise<LastLine | undefined> {
  const ofRevision = [...which(app), "--revision", revision];
  const replicas = await readJson("replica", "list", ...ofRevision);
  const worst = containersOf(replicas).sort((a, b) => b.restarts - a.restarts)[0];
  if (worst === undefined) return undefined;
  const ofContainer = ["--replica", worst.replica, "--container", worst.container];
  const shape = ["--tail", String(tail), "--format", "text"];
  const log = await readAz(["containerapp", "logs", "show", ...ofRevision, ...ofContainer, ...shape], limit);
  return log === undefined ? undefined : lastLine(log, secrets);
}

// biome-ignore lint/suspicious/noExplicitAny: az's answers; every part may be missing, and each reader says what it makes of that
type Json = any;

function containersOf(replicas: Json): { replica: string; container: string; restarts: number }[] {
  return (Array.isArray(replicas) ? replicas : []).flatMap((replica: Json) =>
    (replica?.properties?.containers ?? []).map((container: Json) => ({
      replica: text(replica.name),
      container: text(container?.name),
      restarts: Number(container?.restartCount) || 0,
    })),
  );
}

/** An empty object if az failed or did not print JSON. */
async function readJson(...args: string[]): Promise<Json> {
  try {
    return JSON.parse((await readAz(["containerapp", ...args, "--output", "json"], limit)) || "{}") ?? {};
  } catch {
    return {};
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
