import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as app from "@pulumi/azure-native/app/index.js";
import * as command from "@pulumi/command/local/index.js";
import * as pulumi from "@pulumi/pulumi";
import { compare, type LiveApp, liveApp, previewSentence, type WantedApp } from "./verification.ts";

/** The documented way; the values come by the environment, so nothing is spliced into shell text. */
const setAffinity =
  'az containerapp ingress sticky-sessions set --name "$APP_NAME" --resource-group "$RESOURCE_GROUP" ' +
  '--subscription "$SUBSCRIPTION_ID" --affinity "$AFFINITY" --only-show-errors --output none';

/** Runs the command line as `$0` and retries it: see affinity.sh. The text is an input, and the same on every machine. */
const interpreter = ["/bin/sh", "-c", readFileSync(join(import.meta.dirname, "affinity.sh"), "utf8")];

/** The app whose affinity is meant, and how it is meant to be. */
export interface SessionAffinityArgs {
  readonly containerApp: app.ContainerApp;
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  readonly wanted: WantedApp;
}

/**
 * Applies session affinity with the Azure CLI, at creation and when the wanted affinity changes. It has no `triggers`, which
 * would replace it, and no `delete`, which would run after the new `create` and undo it.
 */
export class SessionAffinity extends pulumi.ComponentResource {
  /** Known once the CLI has run, and at a preview where it will not run. */
  readonly applied: pulumi.Output<string>;

  constructor(name: string, args: SessionAffinityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentgateway:index:SessionAffinity", name, {}, opts);
    const set = new command.Command(
      `${name}-set`,
      {
        create: setAffinity,
        interpreter,
        environment: {
          APP_NAME: args.containerAppName,
          RESOURCE_GROUP: args.resourceGroupName,
          SUBSCRIPTION_ID: args.containerApp.id.apply((id) => id.split("/")[2] ?? ""),
          AFFINITY: args.wanted.affinity,
        },
      },
      { parent: this, dependsOn: [args.containerApp], customTimeouts: { create: "15m", update: "15m" } },
    );
    this.applied = pulumi.all([args.containerApp.id, set.id]).apply(() => args.wanted.affinity);
    this.registerOutputs({ applied: this.applied });
  }
}

/** What {@link AffinityVerification} takes beside the app. */
export interface AffinityVerificationArgs extends SessionAffinityArgs {
  /** Read the app only when this is known: the affinity step, or the app where there is none. */
  readonly after: pulumi.Output<unknown>;
}

/**
 * Reads the live app on every update, after the affinity step, and compares it with what was asked. A mismatch fails the
 * update with what was seen, what was wanted and the way out. A preview fails nothing: it says what is live, and its outputs
 * show what will be.
 */
export class AffinityVerification extends pulumi.ComponentResource {
  /** Affinity of the live app: `sticky` or `none`. */
  readonly affinity: pulumi.Output<string>;
  /** Revision mode of the live app. */
  readonly activeRevisionsMode: pulumi.Output<string>;
  /** Ingress transport of the live app; `none` where it has no ingress. */
  readonly transport: pulumi.Output<string>;
  /** The wanted affinity as a boolean, once the live app has it; fails where it has not. */
  readonly verified: pulumi.Output<boolean>;

  constructor(name: string, args: AffinityVerificationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentgateway:index:AffinityVerification", name, {}, opts);
    const seen: pulumi.Output<LiveApp> = pulumi.runtime.isDryRun()
      ? this.announce(args)
      : args.after.apply(() => this.read(args));
    this.affinity = seen.affinity;
    this.activeRevisionsMode = seen.activeRevisionsMode;
    this.transport = seen.transport;
    this.verified = seen.apply((live) => this.verify(live, args));
    this.registerOutputs({
      affinity: this.affinity,
      activeRevisionsMode: this.activeRevisionsMode,
      transport: this.transport,
    });
  }

  private async read({ containerAppName, resourceGroupName }: AffinityVerificationArgs): Promise<LiveApp> {
    return liveApp(await app.getContainerApp({ containerAppName, resourceGroupName }, { parent: this }));
  }

  /** At a preview: says what is live now, where it can be read, and gives the wanted values as outputs. */
  private announce(args: AffinityVerificationArgs): pulumi.Output<LiveApp> {
    const announced = this.read(args)
      .then((live) => previewSentence(args.wanted, live))
      .catch((error: Error) => previewSentence(args.wanted, error))
      .then((sentence) => pulumi.log.info(sentence, this))
      .then(() => args.wanted);
    return pulumi.output(announced);
  }

  private verify(live: LiveApp, { wanted, containerAppName }: AffinityVerificationArgs): boolean {
    const mismatch = compare(containerAppName, wanted, live);
    if (mismatch !== undefined) throw new pulumi.ResourceError(mismatch, this, true);
    return wanted.affinity === "sticky";
  }
}
