import { runAz } from "../../../affinity-step/runAz.mjs";
import { type AppName, appOptions } from "../az/appOptions.ts";
import { type LastLine, lastLine } from "./logLine.ts";
import type { RevisionState } from "./readiness.ts";

/** Timeout of one command, in seconds. */
const limit = 30;
/** Lines of a log that are searched for the last non-empty one. */
const tail = 20;

/** Reads a revision's state with the Azure CLI, because azure-native cannot. Returns undefined if that fails. */
export async function readRevision(app: AppName, revision: string): Promise<RevisionState | undefined> {
  const { properties } = await readJson("revision", "show", ...appOptions(app), "--revision", revision);
  if (properties === undefined) return undefined;
  const { provisioningState, runningState, runningStateDetails, provisioningError } = properties;
  return {
    provisioningState: text(provisioningState),
    runningState: text(runningState),
    details: text(runningStateDetails) || text(provisioningError),
  };
}

/** Reads the last log line of the revision's container with the most restarts. Returns undefined if that fails. */
export async function readLastLine(
  app: AppName,
  revision: string,
  secrets: readonly string[],
): Promise<LastLine | undefined> {
  const ofRevision = [...appOptions(app), "--revision", revision];
  const replicas = await readJson("replica", "list", ...ofRevision);
  const worst = containersOf(replicas).sort((a, b) => b.restarts - a.restarts)[0];
  if (worst === undefined) return undefined;
  const ofContainer = ["--replica", worst.replica, "--container", worst.container];
  const shape = ["--tail", String(tail), "--format", "text"];
  const log = await readAz(["containerapp", "logs", "show", ...ofRevision, ...ofContainer, ...shape], limit);
  return log === undefined ? undefined : lastLine(log, secrets);
}

// biome-ignore lint/suspicious/noExplicitAny: az's answers: every part can be missing, and each reader handles that
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

/** Returns an empty object if az failed or did not print JSON. */
async function readJson(...args: string[]): Promise<Json> {
  try {
    return JSON.parse((await readAz(["containerapp", ...args, "--output", "json"], limit)) || "{}") ?? {};
  } catch {
    return {};
  }
}

/** Returns what az printed; undefined if az failed, is not installed, or timed out. */
export async function readAz(args: readonly string[], seconds: number): Promise<string | undefined> {
  try {
    const { code, stdout } = await runAz(["az", ...args, "--only-show-errors"], seconds);
    return code === 0 ? stdout : undefined;
  } catch {
    return undefined;
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
