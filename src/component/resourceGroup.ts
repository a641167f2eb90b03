import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../config/args.ts";
import type { LiveResources } from "./live/liveResources.ts";
import { declaredTags, keepForeignTags } from "./live/tags.ts";

/** The resource group of the created resources. */
export interface Group {
  readonly name: pulumi.Output<string>;
  readonly location: pulumi.Output<string>;
}

/** Returns the existing resource group, or creates one. */
export function resourceGroup(name: string, args: ResolvedArgs, live: LiveResources, parent: pulumi.Resource): Group {
  const { resourceGroupName, location } = args;
  if (args.existingResourceGroup) {
    return { name: pulumi.output(resourceGroupName), location: live.group.apply((found) => found?.location ?? "") };
  }
  const tags = live.group.apply((found) => keepForeignTags(declaredTags(args), found?.tags));
  return new ResourceGroup(
    `${name}-rg`,
    { resourceGroupName, tags, ...(location === undefined ? {} : { location }) },
    { parent, protect: args.deletionProtection },
  );
}
