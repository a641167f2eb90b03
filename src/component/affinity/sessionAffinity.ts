import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import { getContainerApp } from "@pulumi/azure-native/app/getContainerApp.js";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { failUpdate } from "../../messages/failUpdate.ts";
import { previewSentence } from "../verification/previewSentence.ts";
import { judge } from "../verification/readiness.ts";
import { type AppName, readLastLine, readRevision } from "../verification/revisionReads.ts";
import {
  liveApp,
  previewWarning,
  type ReadApp,
  type WantedApp,
  waitingSentence,
} from "../verification/verification.ts";
import { type VerificationIo, type Verified, verifyApp } from "../verification/verifyApp.ts";

/** The files of this folder as one module that needs no file: in this order, without imports of each other. */
const affinityStep = ["failureKinds", "explain", "azProcess", "step"]
  .map((name) => readFileSync(join(import.meta.dirname, `${name}.mjs`), "utf8"))
  .concat("await main();\n")
  .join("\n")
  .replaceAll("\r\n", "\n")
  .replace(/^import [^;]* from "\.\/[^"]*";\n/gm, "");

/**
 * What the affinity step runs; the same on every machine, and readable in a preview. `create` is the documented way and the
 * step's argument, from which it makes the arguments for az: values come by the environment, so that nothing is spliced into
 * shell text. The step comes by standard input, for it is longer than a command line may be on Windows.
 */
export const affinityCommand = {
  create:
    'az containerapp ingress sticky-sessions set --name "$APP_NAME" --resource-group "$RESOURCE_GROUP" ' +
    '--subscription "$SUBSCRIPTION_ID" --affinity "$AFFINITY" --only-show-errors --output none',
  interpreter: ["node", "--input-type=module", "-"],
  stdin: affinityStep,
};

/** The subscription that the app is in, whatever the CLI's default is. Known once there is the app: what uses it comes after. */
export const subscriptionOf = (containerApp: ContainerApp): pulumi.Output<string> =>
  containerApp.id.apply((id) => id.split("/")[2] ?? "");

/** The app whose affinity is meant, and how it is meant to be. */
export interface SessionAffinityArgs {
  readonly containerApp: ContainerApp;
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
    const set = new Command(
      `${name}-set`,
      {
        ...affinityCommand,
        environment: {
          APP_NAME: args.containerAppName,
          RESOURCE_GROUP: args.resourceGroupName,
          SUBSCRIPTION_ID: subscriptionOf(args.containerApp),
          AFFINITY: args.wanted.affinity,
        },
      },
      { parent: this, customTimeouts: { create: "15m", update: "15m" } },
    );
    this.applied = pulumi.all([args.containerApp.id, set.id]).apply(() => args.wanted.affinity);
    this.registerOutputs({ applied: this.applied });
  }
}

/** What {@link AffinityVerification} takes beside the app. */
export interface AffinityVerificationArgs extends SessionAffinityArgs {
  /** Read the app only when this is known: the affinity step, or the app where there is none. */
  readonly after: pulumi.Output<unknown>;
  /** How long the latest revision has to become ready, in seconds. */
  readonly readySeconds: number;
  /** Values that no message may show. */
  readonly secrets: readonly pulumi.Input<string>[];
}

/**
 * Reads the live app on every update, after the affinity step, compares it with what was asked, and waits until its latest
 * revision is ready. A mismatch, or an app that does not serve what was deployed, fails the update with what was seen, what
 * was wanted and the way out; the outputs say what was seen. A preview fails nothing: it says what is live, and its outputs
 * show what will be.
 */
export class AffinityVerification extends pulumi.ComponentResource {
  /** Affinity of the live app: `sticky` or `none`; `unknown` where it could not be read. */
  readonly affinity: pulumi.Output<string>;
  /** Revision mode of the live app. */
  readonly activeRevisionsMode: pulumi.Output<string>;
  /** Ingress transport of the live app; `none` where it has no ingress. */
  readonly transport: pulumi.Output<string>;
  /**
   * Host name and latest revision of the live app; empty at a preview, and if there is none. What the app's own resource knows
   * of them can be older: what the affinity step wrote, and a revision that came or went since, is not in it.
   */
  readonly fqdn: pulumi.Output<string>;
  readonly latestRevision: pulumi.Output<string>;

  constructor(name: string, args: AffinityVerificationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentgateway:index:AffinityVerification", name, {}, opts);
    const verified: pulumi.Output<Omit<Verified, "problem">> = pulumi.runtime.isDryRun()
      ? pulumi.output(this.announce(args))
      : pulumi.all([subscriptionOf(args.containerApp), args.after]).apply(([id]) => this.verify(args, id));
    this.affinity = verified.seen.affinity;
    this.activeRevisionsMode = verified.seen.activeRevisionsMode;
    this.transport = verified.seen.transport;
    this.fqdn = verified.fqdn;
    this.latestRevision = verified.latestRevision;
    this.registerOutputs({
      affinity: this.affinity,
      activeRevisionsMode: this.activeRevisionsMode,
      transport: this.transport,
    });
  }

  /** The live app, or why it could not be read. */
  private read({ containerAppName, resourceGroupName }: AffinityVerificationArgs): Promise<ReadApp | Error> {
    return getContainerApp({ containerAppName, resourceGroupName }, { parent: this }).catch((error: Error) => error);
  }

  /** At a preview: says what is live now, where it can be read, and gives the wanted values as outputs. */
  private async announce(args: AffinityVerificationArgs): Promise<Omit<Verified, "problem">> {
    const app = await this.read(args);
    await pulumi.log.info(previewSentence(args.wanted, app instanceof Error ? app : liveApp(app)), this);
    const warning =
      app instanceof Error
        ? undefined
        : previewWarning(args.containerAppName, judge(app, undefined, 0, Number.POSITIVE_INFINITY));
    if (warning !== undefined) await pulumi.log.warn(warning, this);
    return { seen: args.wanted, fqdn: "", latestRevision: "" };
  }

  private async verify(args: AffinityVerificationArgs, subscriptionId: string): Promise<Omit<Verified, "problem">> {
    const { containerAppName, resourceGroupName, wanted, readySeconds } = args;
    const app = { containerAppName, resourceGroupName, subscriptionId };
    const { problem, ...verified } = await verifyApp(app, wanted, readySeconds, this.io(args, app));
    if (problem !== undefined) failUpdate(new pulumi.ResourceError(problem, this, true));
    return verified;
  }

  private io(args: AffinityVerificationArgs, app: AppName): VerificationIo {
    return {
      readApp: () => this.read(args),
      readRevision: (name) => readRevision(app, name),
      readLastLine: async (revision) => readLastLine(app, revision, await valuesOf(args.secrets)),
      tell: (waiting, seconds) => void pulumi.log.info(waitingSentence(waiting, seconds, args.readySeconds), this),
      pause: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
      now: () => performance.now() / 1000,
    };
  }
}

/** The values themselves, without making what is computed from them a secret: they are only looked for. */
const valuesOf = (inputs: readonly pulumi.Input<string>[]): Promise<readonly string[]> =>
  new Promise((resolve) => void pulumi.all([...inputs]).apply((values) => resolve(values)));
