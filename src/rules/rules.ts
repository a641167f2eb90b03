import { type Issue, set, shown } from "../messages/issues.ts";
import type { AppFacts } from "./facts.ts";
import { always, type Rule, rule, type Severity } from "./rule.ts";

/** An app without HTTP ingress cannot have affinity, so that there is nothing to acknowledge. */
const withoutAffinity = (app: AppFacts): boolean =>
  app.affinity === "none" &&
  app.maxReplicas > 1 &&
  app.transport !== undefined &&
  app.transport !== "tcp" &&
  !app.acknowledgeNoAffinity;

const turnOn = ({ activeRevisionsMode }: AppFacts): string =>
  `${activeRevisionsMode === "Single" ? "" : `${set("activeRevisionsMode", "Single")} and `}${set("enableStickySessions", true)}`;

/** memory in Gi of `2Gi` or `0.5Gi`; NaN for anything else. */
const gibibytes = (memory: string): number => Number(/^(\d+(?:\.\d+)?)Gi$/.exec(memory)?.[1] ?? Number.NaN);

/** Consumption: 0.25 to 4 vCPU in steps of 0.25, with 2 Gi a vCPU (Container Apps' documentation, "Containers"). */
const consumption = (app: AppFacts): boolean =>
  app.cpu >= 0.25 && app.cpu <= 4 && Number.isInteger(app.cpu * 4) && gibibytes(app.memory) === app.cpu * 2;

/** The tag of an image reference; undefined where it has none. A digest stands for a tag: it is even stricter. */
function imageTag(image: string): string | undefined {
  const digest = /@(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.exec(image)?.[0];
  return digest ?? /^[^:@]+:([\w][\w.-]{0,127})$/.exec(image.slice(image.lastIndexOf("/") + 1))?.[1];
}

/** All rules over an app (one list to read, hence a longer file), in the order in which their issues are shown. */
export const rules: readonly Rule[] = [
  rule(
    "affinity-needs-ingress",
    ["enableStickySessions", "ingress"],
    always,
    (app) => app.affinity === "sticky" && app.transport === undefined,
    () => ({
      key: "enableStickySessions",
      rule: "must be false where the app has no ingress: affinity is a cookie of the ingress",
      got: "true, with ingress false",
      wayOut: `${set("ingress", true)}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  rule(
    "affinity-needs-http",
    ["enableStickySessions", "ingress", "transport"],
    always,
    (app) => app.affinity === "sticky" && app.transport === "tcp",
    () => ({
      key: "enableStickySessions",
      rule: "must be false with transport tcp: affinity needs HTTP ingress",
      got: "true, with transport tcp",
      wayOut: `${set("transport", "auto")}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  rule(
    "affinity-needs-single-revision",
    ["enableStickySessions", "activeRevisionsMode"],
    always,
    (app) => app.affinity === "sticky" && app.activeRevisionsMode === "Multiple",
    () => ({
      key: "enableStickySessions",
      rule: "must be false with activeRevisionsMode Multiple: affinity needs single-revision mode",
      got: "true, with activeRevisionsMode Multiple",
      wayOut: `${set("activeRevisionsMode", "Single")}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  rule(
    "replicas-in-order",
    ["minReplicas", "maxReplicas"],
    always,
    (app) => app.minReplicas > app.maxReplicas,
    (app) => ({
      key: "minReplicas",
      rule: "must be at most maxReplicas",
      got: `${app.minReplicas}, with maxReplicas ${app.maxReplicas}`,
      wayOut: `${set("minReplicas", app.maxReplicas)}, or ${set("maxReplicas", app.minReplicas)}`,
    }),
  ),
  rule(
    "consumption-size",
    ["cpu", "memory"],
    always,
    (app) => !consumption(app),
    (app) => ({
      key: "cpu",
      rule: "must be 0.25 to 4 in steps of 0.25, with memory twice as many Gi: the Consumption profile takes no other pair",
      got: `${app.cpu}, with memory ${shown(app.memory)}`,
      wayOut: `${set("cpu", 1)} and ${set("memory", "2Gi")}`,
    }),
  ),
  rule(
    "image-has-tag",
    ["image"],
    always,
    (app) => imageTag(app.image) === undefined,
    (app) => ({
      key: "image",
      rule: "must name a tag or a digest: without one every restart may run another version",
      got: shown(app.image),
      wayOut: set("image", "cr.agentgateway.dev/agentgateway:v1.4.1"),
    }),
  ),
  rule(
    "image-not-latest",
    ["image"],
    always,
    (app) => imageTag(app.image) === "latest",
    (app) => ({
      key: "image",
      rule: "must not be latest: replicas of one revision may then run different versions",
      got: shown(app.image),
      wayOut: set("image", "cr.agentgateway.dev/agentgateway:v1.4.1"),
    }),
  ),
  rule(
    "affinity-off-is-acknowledged",
    ["enableStickySessions", "acknowledgeNoAffinity", "maxReplicas", "ingress", "transport", "activeRevisionsMode"],
    { program: "warning", policy: "mandatory" },
    withoutAffinity,
    (app) => ({
      key: "enableStickySessions",
      rule:
        "is off with more than one possible replica: a session may reach a replica that does not hold it. " +
        "It breaks stdio targets, held GET streams and the older SSE transport; it breaks nothing for clients of the sessionless " +
        "2026-07-28 protocol, in stateless mode, or with Streamable HTTP targets, whose sessions AgentGateway 1.4 resumes on any replica",
      got: `false, with maxReplicas ${app.maxReplicas}`,
      wayOut: `${turnOn(app)}, or ${set("maxReplicas", 1)}, or, if it is meant, ${set("acknowledgeNoAffinity", true)}`,
    }),
  ),
  rule(
    "affinity-needs-replicas",
    ["enableStickySessions", "maxReplicas"],
    { program: "warning", policy: "disabled" },
    (app) => app.affinity === "sticky" && app.maxReplicas === 1,
    () => ({
      key: "enableStickySessions",
      rule: "is on with a single possible replica: affinity has nothing to choose from",
      got: "true, with maxReplicas 1",
      wayOut: `${set("maxReplicas", 3)}, or ${set("enableStickySessions", false)}`,
    }),
  ),
  rule(
    "ingress-is-secure",
    ["allowInsecure", "ingress"],
    { program: "warning", policy: "mandatory" },
    (app) => app.transport !== undefined && app.allowInsecure,
    () => ({
      key: "allowInsecure",
      rule: "lets clients connect without TLS: session ids and affinity cookies then cross the network in clear",
      got: "true",
      wayOut: set("allowInsecure", false),
    }),
  ),
  rule(
    "prod-has-two-replicas",
    ["environment", "minReplicas"],
    { program: "off", policy: "advisory" },
    (app) => app.environment === "prod" && app.minReplicas < 2,
    (app) => ({
      key: "minReplicas",
      rule: "should be at least 2 in prod: with one, every restart interrupts the service",
      got: String(app.minReplicas),
      wayOut: set("minReplicas", 2),
    }),
  ),
  rule(
    "prod-has-session-key",
    ["environment", "sessionKey"],
    { program: "off", policy: "advisory" },
    (app) => app.environment === "prod" && !app.hasSessionKey,
    () => ({
      key: "sessionKey",
      rule: "should be set in prod: without it anyone can read what a session id holds",
      got: "nothing",
      wayOut: "openssl rand -hex 32 | pulumi config set --secret sessionKey",
    }),
  ),
  rule(
    "app-has-tags",
    ["tags"],
    { program: "off", policy: "advisory" },
    (app) => app.tags.environment === undefined,
    () => ({
      key: "tags",
      rule: "should name the environment, so that costs and alerts can be told apart",
      got: "no tag 'environment'",
      wayOut: "pulumi config set --path 'tags.environment' prod",
    }),
  ),
];

/**
 * The issues that the program has with this app: errors stop it, warnings are logged. Rules that look at an argument which
 * could not be read are left out: they would speak of a default that nobody wrote.
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
