/**
 * An entry of `az containerapp logs show --type system`: something that the platform did to a container app. Reasons
 * and messages are Azure's, from azure-cli's recording of `containerapp_eventstream` and Microsoft's docs on system
 * logs.
 */
export interface SystemEvent {
  readonly reason:
    | "ContainerAppUpdate"
    | "ContainerAppReady"
    | "RevisionCreation"
    | "RevisionReady"
    | "RevisionUpdate"
    | "RevisionDeactivating"
    | "Error";
  readonly message: string;
  /** Undefined if the event concerns the whole app. */
  readonly revision?: string;
}

export interface SystemLogEntry extends SystemEvent {
  /** Counts from 1. */
  readonly number: number;
  readonly time: Date;
}

/** Number of entries kept: the most that a stream can request. */
const kept = 300;

/** The latest events of one app, oldest first. */
export class SystemLog {
  #entries: readonly SystemLogEntry[] = [];
  #written = 0;

  add(event: SystemEvent): void {
    this.#written += 1;
    this.#entries = [...this.#entries, { ...event, number: this.#written, time: new Date() }].slice(-kept);
  }

  entries(): readonly SystemLogEntry[] {
    return this.#entries;
  }
}

/** Returns the two lines that every stream starts with. */
export function opening(): readonly string[] {
  const TimeStamp = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return [
    ["Connecting to the events collector...", "StartingGettingEvents"],
    ["Successfully connected to events server", "ConnectedToEventsServer"],
  ].map(([Msg, Reason]) =>
    JSON.stringify({
      TimeStamp,
      Type: "Normal",
      ContainerAppName: null,
      RevisionName: null,
      ReplicaName: null,
      Msg,
      Reason,
      EventSource: source,
      Count: 1,
    }),
  );
}

/** Formats an entry as Azure does. */
export function asLine(app: string, { time, reason, message, revision }: SystemLogEntry): string {
  return JSON.stringify({
    TimeStamp: time
      .toISOString()
      .replace("T", " ")
      .replace(/\.\d+Z$/, " +0000 UTC"),
    Type: reason === "Error" ? "Warning" : "Normal",
    ContainerAppName: app,
    RevisionName: revision ?? "",
    ReplicaName: "",
    Msg: message,
    Reason: reason,
    EventSource: source,
    Count: 1,
  });
}

const source = "ContainerAppController";
