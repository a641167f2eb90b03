import type { Issue } from "../src/rules/rule.ts";
import { type AppProps, allContainers, same } from "./appFacts.ts";

/** A check that needs the resource's inputs; the stack's settings alone are not enough. */
export interface ResourcePolicy {
  /** Stable name in kebab case; also the name of the policy. */
  readonly id: string;
  readonly description: string;
  readonly level: "mandatory" | "advisory";
  check(props: AppProps): Issue[];
}

/** Names of variables whose values are likely secrets. Anyone who can read the app can see plain values. */
const secretName = /(^|_)(KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|CONNECTION_STRING)(_|$)/i;

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
      const secrets = new Set((props.configuration?.secrets ?? []).flatMap(({ value }) => (value ? [value] : [])));
      return allContainers(props).flatMap((container) =>
        (container.env ?? [])
          .filter(({ name = "", value }) => value !== undefined && (secretName.test(name) || secrets.has(value)))
          .map(({ name = "", value = "" }) => ({
            key: `${container.name ?? "container"}.env.${name}`,
            rule: "must reference a secret of the app (secretRef): anyone who can read the app can see plain values",
            // Only the length: the value can be a secret.
            got: `a plain value of ${value.length} characters`,
            wayOut: "move it to secretEnv, or, for the session key, run: pulumi config set --secret sessionKey",
          })),
      );
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
