import { type AzContext, type AzResult, askAz } from "./azureCli.ts";
import { type Account, type App, azOptions, type Facts, type Look, type Revision } from "./facts.ts";
import { lookAtUrl } from "./readUrl.ts";

/** The app to check, and the access to it. */
export interface DoctorOptions extends AzContext {
  readonly stack?: string;
  readonly name?: string;
  readonly resourceGroup?: string;
  readonly subscription?: string;
  /** Default: `https://` and the app's host name. */
  readonly url?: string;
  /** PEM of certificate authorities to trust for the URL, in addition to Node's. */
  readonly ca?: string;
  /** The command that deploys the app or corrects its drift. Default: `pulumi up --refresh`, with the stack if given. */
  readonly update?: string;
  /** The affinity that the stack sets. Default: unknown. */
  readonly wanted?: "sticky" | "none";
  /** Why the app of the stack is unknown, and what to do. Default: it is known, or no stack was given. */
  readonly unnamed?: { readonly found: string; readonly try: string };
}

const notLooked = (message: string): { kind: "unseen"; reason: "not looked at"; message: string } => ({
  kind: "unseen",
  reason: "not looked at",
  message,
});

/** Gathers everything that the checks need, with az commands that only read and two requests to the gateway. */
export async function gather(options: DoctorOptions): Promise<Facts> {
  const { name, resourceGroup } = options;
  const target = name !== undefined && resourceGroup !== undefined ? { name, resourceGroup } : undefined;
  const azure = target === undefined ? withoutAzure : await lookAtAzure(target, options);
  const fqdn = azure.app.kind === "seen" ? azure.app.value.fqdn : undefined;
  const url = options.url ?? (fqdn === undefined ? undefined : `https://${fqdn}`);
  return {
    stack: options.stack,
    unnamed: options.unnamed,
    update:
      options.update ??
      (options.stack === undefined ? "pulumi up --refresh" : `pulumi up --refresh --stack ${options.stack}`),
    target,
    wanted: options.wanted,
    subscription: options.subscription ?? (options.env.ARM_SUBSCRIPTION_ID || undefined),
    ...azure,
    url,
    answer: url === undefined ? undefined : await lookAtUrl(url, options),
  };
}

type AzureFacts = Pick<Facts, "account" | "app" | "revision" | "replicas">;

const withoutAzure: AzureFacts = {
  account: notLooked("no app was named"),
  app: notLooked("no app was named"),
  revision: notLooked("no app was named"),
  replicas: notLooked("no app was named"),
};

async function lookAtAzure(
  target: { name: string; resourceGroup: string },
  context: DoctorOptions,
): Promise<AzureFacts> {
  const which = azOptions(target);
  const subscription = context.subscription === undefined ? [] : ["--subscription", context.subscription];
  const read = (...args: string[]) => askAz([...args, ...subscription], context);
  const [account, app] = await Promise.all([
    // Without --subscription, to see which one az uses by default.
    askAz(["account", "show"], context).then((result) => look(result, accountOf)),
    read("containerapp", "show", ...which).then((result) => look(result, appOf)),
  ]);
  const revision = app.kind === "seen" ? app.value.latestRevision : undefined;
  if (revision === undefined) {
    const none = notLooked(app.kind === "seen" ? "the app has no revision" : "the app could not be read");
    return { account, app, revision: none, replicas: none };
  }
  const [seen, replicas] = await Promise.all([
    read("containerapp", "revision", "show", ...which, "--revision", revision).then((result) =>
      look(result, revisionOf),
    ),
    read("containerapp", "replica", "list", ...which, "--revision", revision).then((result) =>
      look(result, countRunning),
    ),
  ]);
  return { account, app, revision: seen, replicas };
}

function look<T>(result: AzResult, read: (value: Json) => T): Look<T> {
  if (result.kind === "failed") return { kind: "unseen", reason: result.reason, message: result.message };
  return { kind: "seen", value: read(result.value as Json) };
}

// biome-ignore lint/suspicious/noExplicitAny: az output: any part can be missing, and each reader handles that
type Json = any;

const accountOf = (account: Json): Account => ({
  user: account?.user?.name ?? "",
  subscriptionId: account?.id ?? "",
  subscriptionName: account?.name ?? "",
});

function appOf(app: Json): App {
  const { configuration, template, ...properties } = app?.properties ?? {};
  const ingress = configuration?.ingress ?? undefined;
  return {
    id: app?.id ?? "",
    provisioningState: properties.provisioningState ?? "unknown",
    runningStatus: typeof properties.runningStatus === "string" ? properties.runningStatus : undefined,
    revisionMode: configuration?.activeRevisionsMode ?? "Single",
    transport: ingress === undefined ? undefined : String(ingress.transport ?? "auto").toLowerCase(),
    external: ingress?.external === true,
    affinity: ingress?.stickySessions?.affinity?.toLowerCase() === "sticky" ? "sticky" : "none",
    ipRestrictions: ingress?.ipSecurityRestrictions?.length ?? 0,
    asksForCertificate: ingress?.clientCertificateMode?.toLowerCase() === "require",
    fqdn: ingress?.fqdn ?? undefined,
    minReplicas: template?.scale?.minReplicas ?? 0,
    // The default of Container Apps.
    maxReplicas: template?.scale?.maxReplicas ?? 10,
    latestRevision: properties.latestRevisionName || undefined,
    latestReadyRevision: properties.latestReadyRevisionName || undefined,
  };
}

const revisionOf = (revision: Json): Revision => ({
  name: revision?.name ?? "",
  health: revision?.properties?.healthState ?? undefined,
  running: revision?.properties?.runningState ?? undefined,
  provisioning: revision?.properties?.provisioningState ?? undefined,
});

/** Counts running replicas. A replica without a state counts as running. */
const countRunning = (replicas: Json): number =>
  (Array.isArray(replicas) ? replicas : []).filter(
    (replica) => (replica?.properties?.runningState ?? "Running") === "Running",
  ).length;
