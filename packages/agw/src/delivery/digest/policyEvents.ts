import { isObject, nameOf } from "./previewDigest.ts";

/** A policy violation of a resource, or of the stack as a whole if `resource` is empty. */
export interface Violation {
  readonly level: "mandatory" | "advisory";
  readonly policy: string;
  readonly resource: string;
  readonly message: string;
}

/**
 * Reads the policy violations from the engine's event log (one JSON object per line), mandatory ones first. `pulumi preview
 * --json` omits them and only says that the preview failed (pkg/backend/display/json.go, ShowPreviewDigest). The full log
 * also contains the program's debug messages with plaintext secrets (measured with 3.260), so keep only these lines of it.
 */
export function violationsOf(eventLog: string): Violation[] {
  const found = eventLog.split("\n").flatMap((line) => {
    const event = line.includes('"policyEvent"') ? parsed(line)?.policyEvent : undefined;
    if (!isObject(event)) return [];
    const { enforcementLevel, policyName, resourceUrn, message } = event;
    return [
      {
        level: enforcementLevel === "advisory" ? ("advisory" as const) : ("mandatory" as const),
        policy: String(policyName ?? ""),
        resource: nameOf(String(resourceUrn ?? "")),
        message: String(message ?? "").trim(),
      },
    ];
  });
  return found.sort((a, b) => Number(a.level === "advisory") - Number(b.level === "advisory"));
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return isObject(event) ? event : undefined;
  } catch {
    // The last line of a truncated log.
    return undefined;
  }
}
