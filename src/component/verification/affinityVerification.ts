import type { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import { getContainerApp } from "@pulumi/azure-native/app/getContainerApp.js";
import * as pulumi from "@pulumi/pulumi";
import { failUpdate } from "../../messages/failUpdate.ts";
import { type AppName, subscriptionOf } from "../az/appOptions.ts";
import { liveApp, type ReadApp, type WantedApp } from "./liveApp.ts";
import { previewSentence } from "./previewSentence.ts";
import { judge } from "./readiness.ts";
import { readLastLine, readRevision } from "./revisionReads.ts";
import { previewWarning, waitingSentence } from "./verificationSentences.ts";
import { type VerificationIo, type Verified, verifyApp } from "./verifyApp.ts";

/** Arguments of {@link AffinityVerification}. */
export interface AffinityVerificationArgs {
  readonly containerApp: ContainerApp;
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  readonly wanted: WantedApp;
  /** The app is read once this is known: the affinity step's output, or the app's ID if there is no step. */
  readonly after: pulumi.Output<unknown>;
  /** Seconds to wait for the latest revision to become ready. */
  readonly readySeconds: number;
  /** Values that must not appear in a message. */
  readonly secrets: readonly pulumi.Input<string>[];
}

/**
 * Reads the live app on every update, after the affinity step. Compares it with what was requested, and waits until its
 * latest revision is ready. If the app differs, or does not serve what was deployed, the update fails with what was
 * found and what to do; the outputs are those of the live app. A preview never fails: it logs what is live, and outputs
 * what is requested.
 */
export class AffinityVerification extends pulumi.ComponentResource {
  /** Affinity of the live app: `sticky` or `none`; `unknown` if it could not be read. */
  readonly affinity: pulumi.Output<string>;
  /** Revision mode of the live app. */
  readonly activeRevisionsMode: pulumi.Output<string>;
  /** Ingress transport of the live app; `none` without ingress. */
  readonly transport: pulumi.Output<string>;
  /**
   * Host name and latest revision of the live app; empty in a preview, or if there is none. The app's resource can have
   * older values, from before the affinity step and before later revisions.
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

  /** Returns the live app, or the error if it could not be read. */
  private read({ containerAppName, resourceGroupName }: AffinityVerificationArgs): Promise<ReadApp | Error> {
    return getContainerApp({ containerAppName, resourceGroupName }, { parent: this }).catch((error: Error) => error);
  }

  /** In a preview: logs what is live, and returns the requested values as outputs. */
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

/** Unwraps the values, which are only searched for: a result computed from secret outputs would become secret too. */
const valuesOf = (inputs: readonly pulumi.Input<string>[]): Promise<readonly string[]> =>
  new Promise((resolve) => void pulumi.all([...inputs]).apply((values) => resolve(values)));
