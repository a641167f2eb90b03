import { posix } from "node:path";
import { key } from "../../../arm/resource.ts";
import type { ContainerSpec, IngressSpec, ProbeSpec, RevisionSpec } from "../../../dataPlane/contract/dataPlane.ts";
import type { App, AppBody, Container, ContainerAppProbe, Template } from "../model/app.ts";

/** Default scale rule of Container Apps: HTTP, ten concurrent requests per replica. */
const defaultConcurrentRequests = 10;
const defaultMaxReplicas = 10;
const defaultGraceSeconds = 30;

type Secrets = ReadonlyMap<string, string>;

/** Returns the data plane's spec of a revision, with the revision's template and the app's current secrets. */
export function revisionSpec(
  app: Pick<App, "id" | "name" | "body">,
  revision: string,
  template: Template,
): RevisionSpec {
  const { configuration } = app.body.properties;
  const secrets = new Map((configuration.secrets ?? []).map(({ name, value }) => [name ?? "", value ?? ""]));
  const rule = (template.scale?.rules ?? []).find(({ http }) => http !== undefined);
  const concurrent = Number(rule?.http?.metadata?.concurrentRequests ?? defaultConcurrentRequests);
  return {
    appId: key(app.id),
    appName: app.name,
    revision,
    containers: (template.containers ?? []).map((container) => containerSpec(container, template, secrets)),
    targetPort: configuration.ingress?.targetPort ?? 80,
    minReplicas: template.scale?.minReplicas ?? 0,
    maxReplicas: template.scale?.maxReplicas ?? defaultMaxReplicas,
    concurrentRequests: concurrent,
    ...(template.scale?.cooldownPeriod === undefined ? {} : { cooldownSeconds: template.scale.cooldownPeriod }),
    terminationGracePeriodSeconds: template.terminationGracePeriodSeconds ?? defaultGraceSeconds,
  };
}

function containerSpec(container: Container, template: Template, secrets: Secrets): ContainerSpec {
  const env = (container.env ?? []).map(({ name = "", value, secretRef }) => [
    name,
    secretRef === undefined ? (value ?? "") : (secrets.get(secretRef) ?? ""),
  ]);
  return {
    name: container.name ?? "",
    image: container.image ?? "",
    ...(container.command === undefined ? {} : { command: container.command }),
    ...(container.args === undefined ? {} : { args: container.args }),
    env: Object.fromEntries(env),
    probes: (container.probes ?? []).map(probeSpec),
    files: Object.fromEntries((container.volumeMounts ?? []).flatMap((mount) => mounted(mount, template, secrets))),
  };
}

/** Returns the files of a secret volume. Without a list, it has one file per secret, named after the secret. */
function mounted(
  mount: NonNullable<Container["volumeMounts"]>[number],
  template: Template,
  secrets: Secrets,
): (readonly [string, string])[] {
  const volume = (template.volumes ?? []).find(({ name }) => name === mount.volumeName);
  if (volume?.storageType !== "Secret") return [];
  const items = volume.secrets ?? [...secrets.keys()].map((name) => ({ secretRef: name, path: name }));
  const base = mount.mountPath ?? "/";
  return items
    .map(({ secretRef = "", path }) => ({ path: path ?? secretRef, content: secrets.get(secretRef) ?? "" }))
    .filter(({ path }) => mount.subPath === undefined || path === mount.subPath)
    .map(({ path, content }) => [mount.subPath === undefined ? posix.join(base, path) : base, content] as const);
}

function probeSpec(probe: ContainerAppProbe): ProbeSpec {
  const {
    type,
    httpGet,
    tcpSocket,
    initialDelaySeconds,
    periodSeconds,
    timeoutSeconds,
    failureThreshold,
    successThreshold,
  } = probe;
  return defined({
    type: (type ?? "Liveness") as ProbeSpec["type"],
    httpGet: httpGet && { path: httpGet.path ?? "/", port: httpGet.port },
    tcpSocket: tcpSocket && { port: tcpSocket.port },
    initialDelaySeconds,
    periodSeconds,
    timeoutSeconds,
    failureThreshold,
    successThreshold,
  }) as ProbeSpec;
}

const defined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));

/** Returns the data plane's spec of the app's ingress, or undefined if the app has none. */
export function ingressSpec(app: Pick<App, "id" | "name">, body: AppBody): IngressSpec | undefined {
  const { ingress } = body.properties.configuration;
  if (ingress === undefined) return undefined;
  const allowed = (ingress.ipSecurityRestrictions ?? []).filter(({ action }) => action === "Allow");
  return {
    appId: key(app.id),
    appName: app.name,
    transport: (ingress.transport ?? "auto").toLowerCase() as IngressSpec["transport"],
    allowInsecure: ingress.allowInsecure ?? false,
    affinity: ingress.stickySessions?.affinity === "sticky" ? "sticky" : "none",
    allowedRanges: allowed.map(({ ipAddressRange }) => ipAddressRange),
    clientCertificateMode: (ingress.clientCertificateMode ?? "ignore") as IngressSpec["clientCertificateMode"],
  };
}
