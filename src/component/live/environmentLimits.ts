import type { ResolvedArgs } from "../../config/args.ts";
import { type Issue, set } from "../../messages/issues.ts";

/** The properties of a live environment that limit its apps. Without workload profiles it is "Consumption only". */
export interface LiveEnvironment {
  readonly vnetConfiguration?: { readonly infrastructureSubnetId?: string } | null | undefined;
  readonly workloadProfiles?: readonly unknown[] | null | undefined;
}

/**
 * Returns what Azure would refuse in an existing environment: ContainerAppTcpRequiresVnet,
 * ContainerAppInvalidResourceTotal (bicep #10821).
 */
export function environmentLimits(args: ResolvedArgs, environment: LiveEnvironment): Issue[] {
  const issue = (key: string, rule: string, got: string, change: string): Issue => {
    return { key, rule, got, wayOut: `${change}, or ${set("existingEnvironmentName", "OTHER-ENVIRONMENT")}` };
  };
  const issues: Issue[] = [];
  if (
    args.ingress &&
    args.external &&
    args.transport === "tcp" &&
    !environment.vnetConfiguration?.infrastructureSubnetId
  ) {
    const rule = "must be false with transport tcp: the existing environment has no virtual network";
    issues.push(issue("external", rule, "true, with transport tcp", set("external", false)));
  }
  if (args.cpu > 2 && !environment.workloadProfiles?.length) {
    const rule = "must be at most 2: the existing environment has no workload profiles";
    issues.push(issue("cpu", rule, String(args.cpu), `${set("cpu", 2)} && ${set("memory", "4Gi")}`));
  }
  return issues;
}
