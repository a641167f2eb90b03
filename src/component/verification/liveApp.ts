import type { ReadRollout } from "./readiness.ts";

/** The properties of the live app that verification compares. */
export interface LiveApp {
  readonly affinity: string;
  readonly activeRevisionsMode: string;
  readonly transport: string;
}

/** The requested values of these properties. */
export interface WantedApp extends LiveApp {
  readonly affinity: "sticky" | "none";
}

/** The part of a read app that verification needs. Affinity that was never set is `null`; the casing is Azure's. */
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

/** Outputs for an app that could not be read. */
export const unreadable: LiveApp = { affinity: "unknown", activeRevisionsMode: "unknown", transport: "unknown" };

/** A property of the live app that is not as requested. */
export interface Mismatch {
  readonly property: keyof LiveApp;
  readonly live: string;
  readonly wanted: string;
}

/** Compares the live app with what was requested, without regard to case. */
export const mismatches = (wanted: WantedApp, live: LiveApp): Mismatch[] =>
  (["affinity", "activeRevisionsMode", "transport"] as const)
    .filter((property) => wanted[property].toLowerCase() !== live[property].toLowerCase())
    .map((property) => ({ property, live: live[property], wanted: wanted[property] }));
