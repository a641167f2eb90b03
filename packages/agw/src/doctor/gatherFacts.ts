import { type AzContext, type AzResult, askAz } from "./azureCli.ts";
import { type Account, type App, azOptions, type Facts, type Look, type Revision } from "./facts.ts";
import { lookAtUrl } from "./readUrl.ts";

/** What to look at, and with what. */
export interface DoctorOptions extends AzContext {
  readonly stack?: string;
  readonly name?: string;
  readonly resourceGroup?: string;
  readonly subscription?: string;
  /** Default: https:// and the app's own host name. */
  readonly url?: string;
  /** PEM of certificate authorities to trust at the URL, beside Node's own. */
  readonly ca?: string;
  /** The command that brings the app up, or back to what is asked for. Default: Pulumi's, of the stack where one is named. */
  readonly update?: string;
  /** What the stack asks for. Default: not known. */
  readonly wanted?: "sticky" | "none";
  /** Why the stack names no app, and what to do. Default: it names one, or an app is named instead. */
  readonly unnamed?: { readonly found: string; readonly mend: string };
}

const notLooked = (message: string): { kind: "unseen"; reason: "not looked at"; message: string } => ({
  kind: "unseen",
  reason: "not looked at",
  message,
});

/** Looks at everything, and changes nothing: reading az commands and two requests to the gateway. */
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
    // Without --subscription: the question is which one a command without it would reach.
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

// biome-ignore lint/suspicious/noExplicitAny: the CLI's answers; every part may be missing, and each reader says what it makes of that
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
    // Container Apps' own limit where the app says none.
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

/** Replicas whose state is not known to be other than running count as running. */
const countRunning = (replicas: Json): number =>
  (Array.isArray(replicas) ? replicas : []).filter(
    (replica) => (replica?.properties?.runningState ?? "Running") === "Running",
  ).length;
