import type { Issue } from "../src/rules/rule.ts";
import { secretLook } from "../src/rules/secretLooks.ts";
import { tagNameRule, tagValueRule } from "../src/rules/tags.ts";
import { type AppProps, allContainers, same } from "./appFacts.ts";

/** A check that needs the resource's inputs; the stack's settings alone are not enough. */
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

export const resourcePolicies: readonly ResourcePolicy[] = [
  {
    id: "secrets-by-reference",
    description: "Containers get secrets by reference, never as plain environment variables",
    level: "mandatory",
    check: (props) => {
      // A short value can be the same by chance.
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
      // A value can be missing, for example in a preview.
      const names = Object.keys(tags);
      return Object.entries(tags).flatMap(([name, value = ""]) => {
        const rule = tagNameRule(name, names, true) ?? tagValueRule(value);
        const got = `a name of ${name.length} and a value of ${value.length} characters`;
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
