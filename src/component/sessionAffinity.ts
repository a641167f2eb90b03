import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { subscriptionOf } from "./az/appOptions.ts";

/** The step's files as one self-contained module: joined in this order, without their imports of each other. */
const affinityStep = ["failureKinds", "explain", "runAz", "input", "retry", "main"]
  .map((name) => readFileSync(join(import.meta.dirname, "../../affinity-step", `${name}.mjs`), "utf8"))
  .concat("await main();\n")
  .join("\n")
  .replaceAll("\r\n", "\n")
  .replace(/^import [^;]* from "\.{1,2}\/[^"]*";\n/gm, "");

/**
 * The affinity step's command, the same on every machine and readable in a preview. `create` is the documented az
 * command. The step gets it as its argument and takes the values from the environment, so nothing is spliced into a
 * shell command. The step's source is passed on stdin, because it is too long for a command line on Windows.
 */
export const affinityCommand = {
  create:
    'az containerapp ingress sticky-sessions set --name "$APP_NAME" --resource-group "$RESOURCE_GROUP" ' +
    '--subscription "$SUBSCRIPTION_ID" --affinity "$AFFINITY" --only-show-errors --output none',
  interpreter: ["node", "--input-type=module", "-"],
  stdin: affinityStep,
};

/** Arguments of {@link SessionAffinity}. */
export interface SessionAffinityArgs {
  readonly containerApp: ContainerApp;
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  readonly affinity: "sticky" | "none";
}

/**
 * Applies session affinity with the Azure CLI, on creation and when the requested affinity changes. The command has no
 * `triggers`, which would replace it, and no `delete`, which would run after the new `create` and undo it.
 */
export class SessionAffinity extends pulumi.ComponentResource {
  /** The applied affinity. Known once the CLI has run, or in a preview that shows that it will not run. */
  readonly applied: pulumi.Output<string>;

  constructor(name: string, args: SessionAffinityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentgateway:index:SessionAffinity", name, {}, opts);
    const set = new Command(
      `${name}-set`,
      {
        ...affinityCommand,
        environment: {
          APP_NAME: args.containerAppName,
          RESOURCE_GROUP: args.resourceGroupName,
          SUBSCRIPTION_ID: subscriptionOf(args.containerApp),
          AFFINITY: args.affinity,
        },
      },
      { parent: this, customTimeouts: { create: "15m", update: "15m" } },
    );
    this.applied = pulumi.all([args.containerApp.id, set.id]).apply(() => args.affinity);
    this.registerOutputs({ applied: this.applied });
  }
}
