import { getContainerApp } from "@pulumi/azure-native/app/getContainerApp.js";
import { getManagedEnvironment } from "@pulumi/azure-native/app/getManagedEnvironment.js";
import { getWorkspace } from "@pulumi/azure-native/operationalinsights/getWorkspace.js";
import { getResourceGroup } from "@pulumi/azure-native/resources/getResourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../../config/args.ts";
import { failUpdate } from "../../messages/failUpdate.ts";
import { type Issue, listIssues, remove, set, shown } from "../../messages/issues.ts";
import { oneLine } from "../../messages/oneLine.ts";
import { environmentLimits, type LiveEnvironment } from "./environmentLimits.ts";
import { isNotFound } from "./isNotFound.ts";
import type { AppState, Tags } from "./tags.ts";

/** The part of a live resource that is needed before resources are registered. */
export interface LiveResource extends AppState, LiveEnvironment {
  readonly id: string;
  readonly location: string;
  readonly tags?: Tags | undefined;
  readonly configuration?:
    | { readonly secrets?: readonly { readonly name?: string | undefined }[] | undefined }
    | undefined;
  readonly template?: unknown;
}

/** The resources as they were before this run; undefined for those that do not exist. */
export interface LiveResources {
  readonly group: pulumi.Output<LiveResource | undefined>;
  readonly workspace: pulumi.Output<LiveResource | undefined>;
  readonly environment: pulumi.Output<LiveResource | undefined>;
  readonly app: pulumi.Output<LiveResource | undefined>;
}

interface Read {
  /** The setting that names the resource. */
  readonly key: string;
  /** The kind of resource, with its article. */
  readonly what: string;
  readonly name: string;
  /** What to do if the resource is missing; undefined if it is optional. */
  readonly wayOut?: string | undefined;
  readonly call: Promise<LiveResource>;
}

/**
 * Reads the resources that the stack uses or changes, in parallel. If a required resource is missing, a read fails, or
 * an existing environment does not allow the arguments, the run ends with one message about all of them, before any
 * dependent resource is registered.
 */
export function readLive(args: ResolvedArgs, parent: pulumi.Resource): LiveResources {
  const reads = readsOf(args, { parent });
  const results = Promise.all(Object.values(reads).map(resultOf)).then((all) => {
    const byName: Record<string, Result> = Object.fromEntries(
      Object.keys(reads).map((key, at) => [key, all[at] ?? {}]),
    );
    const shared = args.existingEnvironmentResourceGroup && byName.environment?.found;
    const issues = [...all.flatMap(({ issue }) => issue ?? []), ...(shared ? environmentLimits(args, shared) : [])];
    if (issues.length === 0) return byName;
    const text = `Azure resources that this stack needs are missing, cannot be read or do not allow these settings; nothing was changed.\n${listIssues(issues)}`;
    failUpdate(new pulumi.ResourceError(text, parent, true));
    // Never resolves, because the failure ends the program.
    return new Promise<never>(() => {});
  });
  const found = (key: keyof typeof reads): pulumi.Output<LiveResource | undefined> =>
    pulumi.output(results.then((byName) => byName[key]?.found));
  return { group: found("group"), workspace: found("workspace"), environment: found("environment"), app: found("app") };
}

type Result = { readonly found?: LiveResource | undefined; readonly issue?: Issue };

async function resultOf(read: Read): Promise<Result> {
  const { key, what, name, wayOut } = read;
  try {
    return { found: await read.call };
  } catch (thrown) {
    const error = thrown as Error;
    if (!isNotFound(error)) {
      const got = `${shown(name)}, which cannot be read (${oneLine(error.message)})`;
      const todo = "if access was denied, give this account the Reader role on it; otherwise fix the cause and retry";
      return { issue: { key, rule: `must name ${what} that this account can read`, got, wayOut: todo } };
    }
    if (wayOut === undefined) return {};
    return {
      issue: { key, rule: `must name ${what} that exists`, got: `${shown(name)}, which was not found`, wayOut },
    };
  }
}

function readsOf(args: ResolvedArgs, options: pulumi.InvokeOptions) {
  const { resourceGroupName, environmentName, workspaceName, containerAppName } = args;
  const shared = args.existingEnvironmentResourceGroup;
  const place = { resourceGroupName };
  const own = shared === undefined;
  return {
    group: {
      key: "resourceGroupName",
      what: "a resource group",
      name: resourceGroupName,
      wayOut: args.existingResourceGroup
        ? `${set("resourceGroupName", "EXISTING-GROUP")}, or, to create it, ${set("existingResourceGroup", false)}`
        : undefined,
      call: getResourceGroup(place, options),
    },
    environment: {
      key: own ? "environmentName" : "existingEnvironmentName",
      what: "a Container Apps environment",
      name: own ? environmentName : `${shared}/${environmentName}`,
      wayOut: own
        ? undefined
        : `${set("existingEnvironmentName", "EXISTING-ENVIRONMENT")} (and existingEnvironmentResourceGroup), or, to create one, ${remove("existingEnvironmentName")}`,
      call: getManagedEnvironment({ environmentName, resourceGroupName: shared ?? resourceGroupName }, options),
    },
    app: {
      key: "containerAppName",
      what: "a container app",
      name: containerAppName,
      call: getContainerApp({ containerAppName, ...place }, options),
    },
    ...(own && {
      workspace: {
        key: "workspaceName",
        what: "a Log Analytics workspace",
        name: workspaceName,
        call: getWorkspace({ workspaceName, ...place }, options),
      },
    }),
  } satisfies Record<string, Read> as Record<keyof LiveResources, Read>;
}
