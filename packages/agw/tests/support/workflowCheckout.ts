import { copyFile, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { LocalAzure } from "agentgateway-local-azure";
import { removeDirectory } from "agentgateway-local-azure/host";
import { writeStandIns } from "./standIns.ts";

export interface Checkout extends AsyncDisposable {
  readonly directory: string;
  /** The environment of a workflow's steps: the tools that stand in for pulumi and npm, and the local Azure. */
  readonly env: NodeJS.ProcessEnv;
}

/** A checkout of this project for the steps of a workflow, with its own stack files. Everything else is linked. */
export async function openCheckout(azure: LocalAzure & { readonly directory: string }): Promise<Checkout> {
  const directory = await mkdtemp(join(tmpdir(), "agw-checkout-"));
  const linked = [
    "index.ts",
    "src",
    "affinity-step",
    "packages",
    "gateway",
    "policy",
    "node_modules",
    "package.json",
    ".npmrc",
  ];
  for (const name of [...linked, "Pulumi.yaml"]) await symlink(resolve(name), join(directory, name));
  for (const name of ["dev", "staging", "prod"])
    await copyFile(`Pulumi.${name}.yaml`, join(directory, `Pulumi.${name}.yaml`));
  const bin = join(directory, ".bin");
  await writeStandIns(bin, { pulumi: true });
  const env = {
    ...process.env,
    ...azure.environment,
    PATH: [bin, join(process.execPath, ".."), process.env.PATH].join(delimiter),
    AGW_LOCAL: azure.directory,
  };
  return { directory, env, [Symbol.asyncDispose]: () => removeDirectory(directory) };
}
