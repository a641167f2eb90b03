import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";

/** A folder for one test, removed when the test ends: `await using folder = …`. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "agw-test-"));
  return { path, [Symbol.asyncDispose]: () => removeDirectory(path) };
}
