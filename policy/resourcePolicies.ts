import type { Issue } from "../src/rules/rule.ts";
import { type AppProps, allContainers, same } from "./appFacts.ts";

/** A rule over what only the resource shows; configuration alone does not tell. */
export interface ResourcePolicy {
  /** Stable, in words joined by `-`; the policy's name. */
  readonly id: string;
  readonly description: string;
  readonly level: "mandatory" | "advisory";
  check(props: AppProps): Issue[];
}

/** Names of variables whose values have no place in an app that everybody with read access can see. */
const secretName = /(^|_)(KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|CONNECTION_STRING)(_|$)/i;

export const resourcePolicies: readonly ResourcePolicy[] = [
  {
    id: "secrets-by-reference",
    description: "Secrets reach a container by reference, never as plain values of its environment",
    level: "mandatory",
    check: (props) => {
      const secrets = new Set((props.configuration?.secrets ?? []).flatMap(({ value }) => (value ? [value] : [])));
      return allContainers(props).flatMap((container) =>
        (container.env ?? [])
          .filter(({ name = "", value }) => value !== undefined && (secretName.test(name) || secrets.has(value)))
          .map(({ name = "", value = "" }) => ({
            key: `${container.name ?? "container"}.env.${name}`,
            rule: "must refer to a secret of the app (secretRef): plain values are shown to all who may read the app",
            // Its kind and length only: it may well be a secret.
            got: `a plain text of ${value.length} characters`,
            wayOut: `move it to secretEnv, or for the session key: pulumi config set --secret sessionKey`,
          })),
      );
    },
  },
  {
    id: "probes-present",
    description: "Every container has a readiness and a liveness probe",
    level: "mandatory",
    // Those that run before the others and end cannot have any.
    check: ({ template }) =>
      (template?.containers ?? []).flatMap((container) => {
        const present = (container.probes ?? []).map(({ type }) => type ?? "");
        const missing = ["Readiness", "Liveness"].filter((type) => !present.some((given) => same(given, type)));
        return missing.length === 0
          ? []
          : [
              {
                key: `${container.name ?? "container"}.probes`,
                rule: `must have ${missing.join(" and ")}: without them a replica that cannot answer keeps its sessions`,
                got: present.join(", ") || "none",
                wayOut: "probe port 15021 at /healthz/ready, as the AgentGateway component does",
              },
            ];
      }),
  },
];
