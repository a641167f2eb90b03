import { Agent, fetch as undiciFetch } from "undici";
import type {
  DataPlane,
  DataPlaneOptions,
  IngressSpec,
  RevisionSpec,
} from "../../../packages/local-azure/src/dataPlane/contract/dataPlane.ts";
import { createDataPlane } from "../../../packages/local-azure/src/dataPlane/dataPlaneServer.ts";
import { temporaryDirectory } from "../temporaryDirectory.ts";
import { createTestCertificate } from "./testAuthority.ts";

export interface TestApp extends AsyncDisposable {
  readonly plane: DataPlane;
  readonly appId: string;
  readonly revision: RevisionSpec;
  readonly ingress: IngressSpec;
  /** For example `https://127.0.0.1:40123`. */
  readonly url: string;
  readonly ca: string;
  readonly caFile: string;
  /** `fetch` that trusts the app's certificate and keeps no cookies. */
  readonly fetch: typeof fetch;
}

export interface TestAppOptions {
  readonly replicas?: number;
  readonly affinity?: "sticky" | "none";
  readonly revision?: Partial<RevisionSpec>;
  /** Environment variables of the container. */
  readonly env?: Readonly<Record<string, string>>;
  readonly ingress?: Partial<IngressSpec>;
  readonly plane?: Partial<DataPlaneOptions>;
}

/** An app with running replicas behind its ingress, without a control plane. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = await temporaryDirectory();
  const certificate = await createTestCertificate();
  const plane = await createDataPlane({ tls: certificate.tls, directory: folder.path, ...options.plane });
  const appId = "/subscriptions/s/resourcegroups/rg/providers/microsoft.app/containerapps/app";
  const revision = revisionSpec(appId, options);
  const ingress: IngressSpec = {
    appId,
    appName: "app",
    transport: "auto",
    allowInsecure: false,
    affinity: options.affinity ?? "sticky",
    allowedRanges: [],
    clientCertificateMode: "ignore",
    ...options.ingress,
  };
  const agent = new Agent({ connect: { ca: certificate.ca, timeout: 60_000 }, connections: null });
  const dispose = async (): Promise<void> => {
    await agent.destroy();
    await plane[Symbol.asyncDispose]();
    await certificate[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  try {
    const { fqdn } = await plane.openIngress(ingress);
    await plane.startRevision(revision);
    plane.route(appId, revision.revision);
    const trusting = ((input: string, init?: object) =>
      undiciFetch(input, { ...init, dispatcher: agent })) as unknown as typeof fetch;
    const { ca, caFile } = certificate;
    const url = `https://${fqdn}`;
    return { plane, appId, revision, ingress, url, ca, caFile, fetch: trusting, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function revisionSpec(appId: string, { replicas = 1, revision, env = {} }: TestAppOptions): RevisionSpec {
  return {
    appId,
    appName: "app",
    revision: "app--0000001",
    containers: [{ name: "app", image: "test", env, probes: [readiness], files: {} }],
    targetPort: 8080,
    minReplicas: replicas,
    maxReplicas: 10,
    terminationGracePeriodSeconds: 10,
    ...revision,
  };
}

const readiness = { type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 } } as const;
