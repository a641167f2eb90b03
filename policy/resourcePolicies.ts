import type { Issue } from "../src/rules/rule.ts";
import { secretLook } from "../src/rules/secretLooks.ts";
import { tagNameRule, tagValueRule } from "../src/rules/tags.ts";
import { type AppProps, allContainers, same } from "./appFacts.ts";

/** A policy that needs the resource's inputs, or that only advises. All others come from the rules. */
export interface ResourcePolicy {
  /** Stable name in kebab case; also the name of the policy. */
  readonly id: string;
  readonly description: string;
  readonly level: "mandatory" | "advisory";
  check(props: AppProps): Issue[];
}

/** Each probe that a container needs, and what happens without it. */
const consequences: Readonly<Record<string, string>> = {
  Readiness: "a readiness probe (without it, a replica that cannot answer still gets requests)",
  Liveness: "a liveness probe (without it, a replica that hangs is never restarted)",
};

const isProd = ({ tags = {} }: AppProps): boolean => tags.environment === "prod";

export const resourcePolicies: readonly ResourcePolicy[] = [
  {
    id: "prod-has-two-replicas",
    description: "An app in prod has at least two replicas",
    level: "advisory",
    check: (props) => {
      const { minReplicas = 0 } = props.template?.scale ?? {};
      if (!isProd(props) || minReplicas >= 2) return [];
      const rule = "should be at least 2 in prod: with fewer, a restart can interrupt the service";
      return [{ key: "minReplicas", rule, got: String(minReplicas), wayOut: "pulumi config set minReplicas 2" }];
    },
  },
  {
    id: "prod-has-session-key",
    description: "An app in prod encrypts session IDs",
    level: "advisory",
    check: (props) => {
      const { containers = [] } = props.template ?? {};
      const isSet = containers.some(({ env = [] }) => env.some(({ name }) => name === "SESSION_KEY"));
      if (!isProd(props) || isSet) return [];
      const rule = "should be set in prod: without it, anyone who sees a session ID can read its content";
      const wayOut = "openssl rand -hex 32 | pulumi config set --secret sessionKey";
      return [{ key: "sessionKey", rule, got: "nothing", wayOut }];
    },
  },
  {
    id: "app-has-tags",
    description: "An app has the tag 'environment'",
    level: "advisory",
    check: ({ tags = {} }) => {
      if (tags.environment !== undefined) return [];
      const rule = "should include the environment, so that you can separate costs and alerts";
      const wayOut = "pulumi config set --path 'tags.environment' prod";
      return [{ key: "tags", rule, got: "no tag 'environment'", wayOut }];
    },
  },
  {
    id: "secrets-by-reference",
    description: "Containers get secrets by reference, never as plain environment variables",
    level: "mandatory",
    check: (props) => {
      // A short value can be equal by chance.
      const secrets = new Set(
        props.configuration?.secrets?.flatMap(({ value = "" }) => (value.length < 8 ? [] : [value])),
      );
      return allContainers(props).flatMap((container) =>
        (container.env ?? []).flatMap(({ name = "", value }) => {
          if (value === undefined) return [];
          const look = secrets.has(value) ? "a secret of the app" : secretLook(name, value);
          if (look === undefined) return [];
          return {
            key: `${container.name ?? "container"}.env.${name}`,
            rule: "must reference a secret of the app (secretRef): anyone who can read the app can see plain values",
            // Only the length: the value can be a secret.
            got: `a plain value of ${value.length} characters, which looks like ${look}`,
            wayOut: "move it to secretEnv, or, for the session key, run: pulumi config set --secret sessionKey",
          };
        }),
      );
    },
  },
  {
    id: "secrets-have-values",
    description: "No secret is empty",
    level: "mandatory",
    check: ({ configuration }) =>
      (configuration?.secrets ?? [])
        .filter(({ value }) => value === "")
        .map(({ name = "" }) => ({
          key: `secrets.${name}`,
          rule: "must not be empty: Azure refuses empty secrets",
          got: "an empty value",
          wayOut: "give it a value, or remove it",
        })),
  },
  {
    id: "tags-are-valid",
    description: "Azure accepts the tags",
    level: "mandatory",
    check: ({ tags = {} }) => {
      // A value can be missing, e.g. in a preview.
      const names = Object.keys(tags);
      return Object.entries(tags).flatMap(([name, value = ""]) => {
        const rule = tagNameRule(name, names, true) ?? tagValueRule(value);
        const got = `${name.length} characters in the name, ${value.length} in the value`;
        return rule === undefined ? [] : { key: `tags.${name}`, rule, got, wayOut: "change or remove the tag" };
      });
    },
  },
  {
    id: "probes-present",
    description: "Every container has a readiness and a liveness probe",
    level: "mandatory",
    // Init containers cannot have probes.
    check: ({ template }) =>
      (template?.containers ?? []).flatMap((container) => {
        const present = (container.probes ?? []).map(({ type }) => type ?? "");
        const missing = Object.keys(consequences).filter((type) => !present.some((given) => same(given, type)));
        return missing.length === 0
          ? []
          : [
              {
                key: `${container.name ?? "container"}.probes`,
                rule: `must include ${missing.map((type) => consequences[type]).join(" and ")}`,
                got: present.join(", ") || "none",
                wayOut: "probe port 15021 at /healthz/ready, as the AgentGateway component does",
              },
            ];
      }),
  },
];
