import { type Issue, set, setSecret, shown, shownSecret } from "../messages/issues.ts";
import type { AppFacts } from "./facts.ts";
import { imageTag } from "./imageTag.ts";
import { always, type Rule, rule, type Severity } from "./rule.ts";

/** Apps without HTTP ingress cannot have affinity, so there is nothing to acknowledge. */
const withoutAffinity = (app: AppFacts): boolean =>
  app.affinity === "none" &&
  app.maxReplicas > 1 &&
  app.transport !== undefined &&
  app.transport !== "tcp" &&
  !app.acknowledgeNoAffinity;

const turnOn = ({ activeRevisionsMode }: AppFacts): string =>
  `${activeRevisionsMode === "Single" ? "" : `${set("activeRevisionsMode", "Single")} && `}${set("enableStickySessions", true)}`;

/** Parses `2Gi` or `0.5Gi`; NaN for anything else. */
const gibibytes = (memory: string): number => Number(/^(\d+(?:\.\d+)?)Gi$/.exec(memory)?.[1] ?? Number.NaN);

/** Sizes of the Consumption profile, with 2 Gi per vCPU (Container Apps documentation, "Containers"). */
const consumption = (app: AppFacts): boolean =>
  app.cpu >= 0.25 && app.cpu <= 4 && Number.isInteger(app.cpu * 4) && gibibytes(app.memory) === app.cpu * 2;

const programOnly: Severity = { program: "error", policy: "disabled" };
const hint: Severity = { program: "warning", policy: "disabled" };
const warned: Severity = { program: "warning", policy: "mandatory" };
const transport = ["ingress", "transport"] as const;

/** All rules, in the order in which issues are shown. */
export const rules: readonly Rule[] = [
  rule("affinity-needs-ingress", always, ["enableStickySessions", "ingress"]).when(
    (app) => app.affinity === "sticky" && app.transport === undefined,
    () => ({
      key: "enableStickySessions",
      rule: "must be false if the app has no ingress: affinity is a cookie that the ingress sets",
      got: "true, with ingress false",
      wayOut: `${set("ingress", true)}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  rule("affinity-needs-http", always, ["enableStickySessions", "ingress", "transport"]).when(
    (app) => app.affinity === "sticky" && app.transport === "tcp",
    () => ({
      key: "enableStickySessions",
      rule: "must be false with transport tcp: affinity needs an HTTP ingress",
      got: "true, with transport tcp",
      wayOut: `${set("transport", "auto")}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  rule("affinity-needs-single-revision", always, ["enableStickySessions", "activeRevisionsMode"]).when(
    (app) => app.affinity === "sticky" && app.activeRevisionsMode === "Multiple",
    () => ({
      key: "enableStickySessions",
      rule: "must be false with activeRevisionsMode Multiple: affinity needs single-revision mode",
      got: "true, with activeRevisionsMode Multiple",
      wayOut: `${set("activeRevisionsMode", "Single")}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  // ContainerAppTcpRequiresVnet (azure-dev #3428). `environmentLimits` checks existing environments.
  rule("tcp-is-internal", programOnly, [...transport, "external", "existingEnvironmentResourceGroup"]).when(
    (app) => app.transport === "tcp" && app.external && app.createsEnvironment,
    () => ({
      key: "external",
      rule: "must be false with transport tcp: Azure allows external TCP only in environments with a virtual network, and this program creates none",
      got: "true, with transport tcp",
      wayOut: `${set("external", false)}, or ${set("existingEnvironmentName", "ENVIRONMENT-WITH-A-SUBNET")}`,
    }),
  ),
  // ContainerAppInvalidIngressClientCertificateModeForTcpApp (azure-cli #28864); allowInsecure: azure-container-apps #375.
  rule("http-settings-need-http", always, [...transport, "clientCertificateMode", "allowInsecure"]).when(
    (app) => app.transport === "tcp" && (app.clientCertificateMode !== "ignore" || app.allowInsecure),
    (app) => ({
      key: "transport",
      rule: "must not be tcp with client certificates or allowInsecure: they need an HTTP ingress",
      got: `tcp, with clientCertificateMode ${app.clientCertificateMode} and allowInsecure ${app.allowInsecure}`,
      wayOut: `${set("transport", "auto")}, or ${set("clientCertificateMode", "ignore")} && ${set("allowInsecure", false)}`,
    }),
  ),
  rule("replicas-in-order", always, ["minReplicas", "maxReplicas"]).when(
    (app) => app.minReplicas > app.maxReplicas,
    (app) => ({
      key: "minReplicas",
      rule: "must be at most maxReplicas",
      got: `${app.minReplicas}, with maxReplicas ${app.maxReplicas}`,
      wayOut: `${set("minReplicas", app.maxReplicas)}, or ${set("maxReplicas", app.minReplicas)}`,
    }),
  ),
  rule("consumption-size", always, ["cpu", "memory"]).when(
    (app) => !consumption(app),
    (app) => ({
      key: "cpu",
      rule: "must be 0.25 to 4 in steps of 0.25, with 2 Gi of memory per vCPU: the Consumption profile allows no other combination",
      got: `${app.cpu}, with memory ${shown(app.memory)}`,
      wayOut: `${set("cpu", 1)} && ${set("memory", "2Gi")}`,
    }),
  ),
  rule("image-has-tag", always, ["image"]).when(
    (app) => !imageTag(app.image),
    (app) => ({
      key: "image",
      rule:
        imageTag(app.image) === undefined
          ? "must be an image reference such as registry.example/name:v1, with a lowercase name, without spaces or https://, and with the complete digest if it has one"
          : "must have a tag or a digest: without one, any restart can pull another version",
      // A user name and password can stand before the registry.
      got: /^[^/]*@(?!sha)/.test(app.image) ? shownSecret(app.image) : shown(app.image),
      wayOut: set("image", "cr.agentgateway.dev/agentgateway:v1.4.1"),
    }),
  ),
  rule("image-not-latest", always, ["image"]).when(
    (app) => imageTag(app.image) === "latest",
    (app) => ({
      key: "image",
      rule: "must not be latest: replicas of one revision could run different versions",
      got: shown(app.image),
      wayOut: set("image", "cr.agentgateway.dev/agentgateway:v1.4.1"),
    }),
  ),
  rule("affinity-off-is-acknowledged", warned, [
    ...(["enableStickySessions", "acknowledgeNoAffinity", "maxReplicas", "activeRevisionsMode"] as const),
    ...transport,
  ]).when(withoutAffinity, (app) => ({
    key: "enableStickySessions",
    rule:
      "is off, but the app can have several replicas: a request can reach a replica that does not have its session. " +
      "This breaks stdio and SSE targets, held GET streams and the older SSE transport. It does not affect clients of the sessionless " +
      "2026-07-28 protocol, stateless backends, or calls to Streamable HTTP targets, because AgentGateway 1.4 resumes their sessions on any replica",
    got: `false, with maxReplicas ${app.maxReplicas}`,
    wayOut: `${turnOn(app)}, or ${set("maxReplicas", 1)}, or, if this is intended, ${set("acknowledgeNoAffinity", true)}`,
  })),
  rule("affinity-needs-replicas", hint, ["enableStickySessions", "maxReplicas"]).when(
    (app) => app.affinity === "sticky" && app.maxReplicas === 1,
    () => ({
      key: "enableStickySessions",
      rule: "is on, but the app has at most one replica: affinity has no effect",
      got: "true, with maxReplicas 1",
      wayOut: `${set("maxReplicas", 3)}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  rule("ingress-is-secure", warned, ["allowInsecure", "ingress"]).when(
    (app) => app.transport !== undefined && app.allowInsecure,
    () => ({
      key: "allowInsecure",
      rule: "lets clients connect without TLS, which exposes session IDs and affinity cookies on the network",
      got: "true",
      wayOut: set("allowInsecure", false),
    }),
  ),
  // The policy pack checks every container instead: see `secrets-by-reference`.
  rule("env-has-no-secrets", hint, ["env"]).when(
    (app) => app.exposed.length > 0,
    (app) => ({
      key: "env",
      rule: "has values that look like secrets: anyone who can read the app can see them",
      got: shown(app.exposed),
      wayOut: `move them to secretEnv: ${setSecret("--path 'secretEnv.NAME'")}`,
    }),
  ),
];

/**
 * Checks an app against the program's rules: errors stop the program, warnings are logged. Rules that depend on an
 * `unread` argument are skipped, because they would complain about a default that nobody set.
 */
export function checkApp(
  app: AppFacts,
  unread: ReadonlySet<string> = new Set(),
): { errors: readonly Issue[]; warnings: readonly Issue[] } {
  const broken = (severity: Severity["program"]): Issue[] =>
    rules
      .filter((candidate) => candidate.severity.program === severity && !candidate.reads.some((key) => unread.has(key)))
      .flatMap((candidate) => candidate.check(app) ?? []);
  return { errors: broken("error"), warnings: broken("warning") };
}
