import type { ReadRollout } from "./readiness.ts";

/** What verification looks at, of the live app. */
export interface LiveApp {
  readonly affinity: string;
  readonly activeRevisionsMode: string;
  readonly transport: string;
}

/** How the app is meant to be. */
export interface WantedApp extends LiveApp {
  readonly affinity: "sticky" | "none";
}

/** The part of a read app that matters here; Azure gives `null` where affinity was never set, and its own upper case. */
export interface ReadApp extends ReadRollout {
  readonly configuration?:
    | {
        readonly activeRevisionsMode?: string | undefined;
        readonly ingress?:
          | {
              readonly fqdn?: string | null | undefined;
              readonly transport?: string | undefined;
              readonly stickySessions?: { readonly affinity?: string | undefined } | null | undefined;
            }
          | null
          | undefined;
      }
    | undefined;
}

export function liveApp({ configuration }: ReadApp): LiveApp {
  return {
    affinity: configuration?.ingress?.stickySessions?.affinity?.toLowerCase() ?? "none",
    activeRevisionsMode: configuration?.activeRevisionsMode ?? "Single",
    transport: configuration?.ingress?.transport?.toLowerCase() ?? "none",
  };
}

const aspects = { affinity: "affinity", activeRevisionsMode: "revision mode", transport: "transport" } as const;

/** What stands in the outputs of an app that could not be read. */
export const unreadable: LiveApp = { affinity: "unknown", activeRevisionsMode: "unknown", transport: "unknown" };

/** What is wrong with the live app, with the way out; undefined where it is as wanted. */
export function compare(containerAppName: string, wanted: WantedApp, live: LiveApp | Error): string | undefined {
  const failed = `Session affinity of container app '${containerAppName}' could not be verified: `;
  if (live instanceof Error) {
    return (
      `${failed}the app could not be read (${live.message.split("\n")[0]}). Wanted ${wanted.affinity}. ` +
      "See that this account may read it (the Reader role is enough), then: pulumi up --refresh"
    );
  }
  const wrong = (Object.keys(aspects) as (keyof typeof aspects)[])
    .filter((aspect) => wanted[aspect].toLowerCase() !== live[aspect].toLowerCase())
    .map((aspect) => `${aspects[aspect]} is ${live[aspect]}, wanted ${wanted[aspect]}`);
  if (wrong.length === 0) return undefined;
  return `${failed}${wrong.join("; ")}. Something outside this stack has changed it. Put it back with: pulumi up --refresh`;
}
