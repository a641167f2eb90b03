import { codeSpan } from "../digest/escapeMarkdown.ts";

/** How the app's ingress restricts access, from the doctor's report. */
export interface IngressAccess {
  /** Whether it has IP restrictions. */
  readonly restricted: boolean;
  /** Whether it requires a client certificate. */
  readonly clientCertificate: boolean;
}

const where = "of the stack's GitHub environment";
const certificate = `Set the secrets \`PROBE_CLIENT_CERT\` and \`PROBE_CLIENT_KEY\` ${where}.`;

/** What to do about each cause that means that the probe was refused. */
const refusals: Readonly<Record<string, (access: IngressAccess) => string>> = {
  "sign-in": () =>
    `The gateway requires a valid token. Set the variable \`PROBE_TOKEN_COMMAND\` or the secret \`PROBE_TOKEN\` ${where}.`,
  "no-token": () => "The command in `PROBE_TOKEN_COMMAND` printed no token. The log of the step `probe` says why.",
  "client-certificate": () => `The gateway requires a client certificate that it accepts. ${certificate}`,
  forbidden: ({ restricted, clientCertificate }) =>
    [
      "The gateway refused the probe (403).",
      restricted
        ? "If the app's IP restrictions block the runner, set the repository variable `DELIVERY_RUNNER` to a runner with an allowed address."
        : "",
      clientCertificate ? `The app requires a client certificate. ${certificate}` : "",
      restricted || clientCertificate ? "" : "Check what the probe's token is allowed to do.",
    ]
      .filter(Boolean)
      .join(" "),
};

/** Says why the probe could not judge the gateway, for a cause other than too few replicas, and what to do. */
export function noVerdictSentence(cause: string, access: IngressAccess, internal: boolean): string {
  const found = Object.hasOwn(refusals, cause) ? refusals[cause] : undefined;
  const why = found?.(access) ?? "It can't tell whether sessions hold.";
  return `The probe was inconclusive (${codeSpan(cause)}). ${why}${internalHint(internal)}`;
}

/** Says what an inconclusive probe means if the app may have had a single replica. `minReplicas`: undefined if unknown. */
export function fewReplicasSentence(minReplicas: number | undefined, internal: boolean): string {
  const hint = internalHint(internal);
  if (minReplicas === undefined)
    return `The probe was inconclusive, and the minimum number of replicas is unknown. See the doctor's report.${hint}`;
  return minReplicas >= 2
    ? `The probe was inconclusive, although the app runs at least ${minReplicas} replicas.${hint}`
    : `The probe was inconclusive. The app may run on a single replica.${hint}`;
}

const internalHint = (internal: boolean): string =>
  internal
    ? " The address is internal, so the probe needs a runner inside its network (repository variable `DELIVERY_RUNNER`)."
    : "";
