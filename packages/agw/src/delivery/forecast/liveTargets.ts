import { readTargetsSentence } from "../../../../../src/component/verification/targetsSentence.ts";
import { at, isObject, type PreviewDigest, type Properties, type ResourceChange } from "../digest/previewDigest.ts";
import { differingPaths } from "../digest/propertyDiff.ts";
import { listOf } from "./keeps.ts";

/** What happens to sessions with the live gateway's MCP targets if another replica gets their requests. */
export type LiveTargets =
  /** AgentGateway resumes them all, or there are none (`statefulMode: stateless`). */
  | { readonly kind: "resumed" }
  /** Sessions with targets of these kinds end. */
  | { readonly kind: "lost"; readonly kinds: readonly string[] }
  /** All sessions end: the update adds or removes the key, so replicas can't read the IDs of earlier sessions. */
  | { readonly kind: "other key" }
  /** The preview doesn't show which targets the live gateway has. */
  | { readonly kind: "unknown" };

/** Kinds whose sessions AgentGateway 1.4 resumes on any replica (measured with several replicas of 1.4.1). */
const resumable = ["http", "openapi", "stateless"];
const measuredImage = /(?:^|\/)agentgateway:v?1\.4\.\d+$/;

/** Parts of the template that affect neither the gateway's file and key nor the program that reads them. */
const sameGateway =
  /^template\.(scale|terminationGracePeriodSeconds|revisionSuffix|containers\[\d+\]\.(probes|resources))(?![A-Za-z])/;

/**
 * Finds out which targets the live sessions have. The preview only shows the targets in the file that the update deploys.
 * The live file has the same targets only if the update changes neither the secrets (by their digest), nor the image, nor
 * the environment variables.
 */
export function liveTargets(digest: PreviewDigest, app: ResourceChange | undefined): LiveTargets {
  if (app?.op === "update" && hasKey(app.before?.inputs) !== hasKey(app.after?.inputs)) return { kind: "other key" };
  const said = (digest.diagnostics ?? []).map(({ message = "" }) => readTargetsSentence(message));
  // With several gateways in one stack, nothing shows which sentence belongs to which.
  const [kinds = [], ...others] = said.filter((one) => one !== undefined);
  if (kinds.length === 0 || others.length > 0 || app?.op !== "update" || !isSameGateway(app))
    return { kind: "unknown" };
  const lost = kinds.filter((kind) => !resumable.includes(kind));
  return lost.length === 0 ? { kind: "resumed" } : { kind: "lost", kinds: lost };
}

const containersOf = (inputs: Properties | undefined): Properties[] =>
  listOf(at(inputs, "template.containers")).filter(isObject);

const variablesOf = (inputs: Properties | undefined): unknown[] =>
  containersOf(inputs).flatMap(({ env }) =>
    listOf(env)
      .filter(isObject)
      .map(({ name }) => name),
  );

const hasKey = (inputs: Properties | undefined): boolean => variablesOf(inputs).includes("SESSION_KEY");

function isSameGateway(app: ResourceChange): boolean {
  const changed = differingPaths(app).filter((path) => path.startsWith("template"));
  const inputs = app.after?.inputs;
  return (
    changed.every((path) => sameGateway.test(path)) &&
    variablesOf(inputs).includes("SECRETS_DIGEST") &&
    containersOf(inputs).some(({ image }) => typeof image === "string" && measuredImage.test(image))
  );
}
