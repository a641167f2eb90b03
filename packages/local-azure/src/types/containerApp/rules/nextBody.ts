import { type ArmError, errors } from "../../../arm/errors.ts";
import { isObject, type Json, type JsonObject, mergePatch } from "../../../arm/json.ts";
import type { Validator } from "../../../arm/validate.ts";
import type { AppBody } from "../model/app.ts";

/**
 * Returns the body to store after a request: PUT replaces the body, PATCH merges into it.
 *
 * @throws {ArmError} 400 if the body doesn't match the published model or has an unknown enumeration value.
 */
export function nextBody(
  validator: Validator,
  method: string,
  received: Json | undefined,
  before: AppBody | undefined,
): AppBody {
  const partial = method === "PATCH";
  const sent = numericWeights(validator.named("ContainerApp", received ?? null));
  const problems = validator.problems("ContainerApp", sent, partial);
  if (problems.length > 0) throw errors.invalidBody(problems);
  const whole = partial ? mergePatch((before ?? {}) as unknown as JsonObject, sent) : sent;
  const merged = validator.problems("ContainerApp", whole);
  if (merged.length > 0) throw errors.invalidBody(merged);
  const clean = validator.writable("ContainerApp", whole as JsonObject);
  return canonicalCase(withDefaults(clean));
}

/**
 * Converts traffic weights to numbers. `az containerapp ingress traffic set` sends the weight of an existing entry as a
 * string, which Azure accepts (azure-cli's recording of `containerapp_ingress_traffic_e2e`).
 */
function numericWeights(body: Json): Json {
  const { ingress } = member(member(body, "properties"), "configuration");
  if (!isObject(ingress) || !Array.isArray(ingress.traffic)) return body;
  const traffic = ingress.traffic.map((entry) =>
    isObject(entry) && typeof entry.weight === "string" && /^\d+$/.test(entry.weight)
      ? { ...entry, weight: Number(entry.weight) }
      : entry,
  );
  return mergePatch(body, { properties: { configuration: { ingress: { traffic } } } });
}

const member = (value: Json, name: string): JsonObject => {
  const inner = isObject(value) ? value[name] : undefined;
  return isObject(inner) ? inner : {};
};

/** Sets the defaults that affect behavior. `reads/readApp.ts` has those that only appear in responses. */
function withDefaults(body: JsonObject): AppBody {
  const properties = isObject(body.properties) ? body.properties : {};
  const environmentId = properties.environmentId ?? properties.managedEnvironmentId;
  if (typeof environmentId !== "string") {
    throw errors.invalid("InvalidParameterValueInEnvironmentId", "properties.environmentId is required.");
  }
  const { managedEnvironmentId: _same, ...rest } = properties;
  const configuration = isObject(rest.configuration) ? rest.configuration : {};
  return {
    ...body,
    properties: {
      ...rest,
      environmentId,
      configuration: { activeRevisionsMode: "Single", ...configuration },
      template: isObject(rest.template) ? rest.template : {},
    },
  } as unknown as AppBody;
}

/** Enumeration values in the case that Azure returns. Requests can use any case. */
const enumerations = {
  activeRevisionsMode: ["Single", "Multiple", "Labels"],
  transport: ["Auto", "Http", "Http2", "Tcp"],
  affinity: ["sticky", "none"],
  clientCertificateMode: ["ignore", "accept", "require"],
  probe: ["Liveness", "Readiness", "Startup"],
} as const;

function canonicalCase(body: AppBody): AppBody {
  const next = structuredClone(body);
  const { configuration, template } = next.properties;
  const at = "$.properties.configuration";
  fix(configuration, "activeRevisionsMode", enumerations.activeRevisionsMode, at);
  if (configuration.ingress !== undefined) {
    const { ingress } = configuration;
    ingress.transport ??= "Auto";
    fix(ingress, "transport", enumerations.transport, `${at}.ingress`);
    fix(ingress, "clientCertificateMode", enumerations.clientCertificateMode, `${at}.ingress`);
    if (ingress.stickySessions)
      fix(ingress.stickySessions, "affinity", enumerations.affinity, `${at}.ingress.stickySessions`);
  }
  for (const [index, { probes = [] }] of (template.containers ?? []).entries()) {
    for (const [number, probe] of probes.entries()) {
      fix(probe, "type", enumerations.probe, `$.properties.template.containers[${index}].probes[${number}]`);
    }
  }
  return next;
}

function fix<K extends string>(
  target: { [key in K]?: string },
  name: K,
  allowed: readonly string[],
  path: string,
): void {
  const value = target[name];
  if (value === undefined) return;
  const known = allowed.find((entry) => entry.toLowerCase() === value.toLowerCase());
  if (known === undefined) throw notOneOf(`${path}.${name}`, value, allowed);
  target[name] = known as { [key in K]?: string }[K];
}

const notOneOf = (path: string, value: string, allowed: readonly string[]): ArmError =>
  errors.invalidBody([`${path}: must be one of ${allowed.join(", ")}, got '${value}'.`]);
