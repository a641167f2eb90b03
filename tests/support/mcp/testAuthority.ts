import { createAuthority } from "../../../packages/local-azure/src/host/pki.ts";
import { temporaryDirectory } from "../temporaryDirectory.ts";

export interface TestCertificate extends AsyncDisposable {
  /** PEM of the authority that signed it. */
  readonly ca: string;
  readonly caFile: string;
  readonly tls: { readonly key: string; readonly cert: string };
}

/** A certificate for 127.0.0.1 and localhost from a new authority, in a temporary folder. */
export async function createTestCertificate(): Promise<TestCertificate> {
  const folder = await temporaryDirectory();
  const { caFile, caPem, issue } = await createAuthority(folder.path);
  const tls = issue(["127.0.0.1", "localhost"]);
  return { ca: caPem, caFile, tls, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
