import { isObject, nameOf } from "./previewDigest.ts";

/** What a policy has against a resource, or, with an empty `resource`, against the stack. */
export interface Violation {
  readonly level: "mandatory" | "advisory";
  readonly policy: string;
  readonly resource: string;
  readonly message: string;
}

/**
 * The violations in the engine's event log (one JSON document a line). `pulumi preview --json` itself leaves them out,
 * and only says that the preview failed (pkg/backend/display/json.go, ShowPreviewDigest). A whole log holds the program's
 * debug messages as well, and in them secrets in clear (measured with 3.260): keep no more of it than these lines.
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
    // The last line of a log that was cut short.
    return undefined;
  }
}
