import { cp, mkdir, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { attachProviders, pulumiVariables } from "agentgateway-local-azure/pulumi";
import { type Ran, runWith, type TestAzure } from "../azure/localAzure.ts";
import { attachedInTests } from "./pulumiCli.ts";

/** Pulumi's engine with this project's providers attached, on a copy of the project with a separate state. */
export interface RealPulumi extends AsyncDisposable {
  /** The copy of the project. */
  readonly project: string;
  /** Environment variables for one run of pulumi by another program, so that it finds providers and state. */
  withProviders<T>(action: (environment: Record<string, string>) => Promise<T>): Promise<T>;
  /** Runs `pulumi` with these arguments. */
  run(...args: string[]): Promise<Ran>;
  /** Adds settings to the stack's file, and removes them again. */
  withConfig<T>(config: Readonly<Record<string, string>>, action: () => Promise<T>): Promise<T>;
}

const copied = ["index.ts", "package.json", "src", "affinity-step", "policy", "gateway", ".nvmrc"];

export async function startRealPulumi(
  azure: TestAzure,
  stack: string,
  passphrase = "only for this test",
): Promise<RealPulumi> {
  await using cleanUp = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "agw-pulumi-"));
  cleanUp.defer(() => removeDirectory(directory));
  const project = join(directory, "project");
  await mkdir(join(directory, "backend"), { recursive: true });
  for (const name of [...copied, "Pulumi.yaml", `Pulumi.${stack}.yaml`]) {
    await cp(name, join(project, name), { recursive: true });
  }
  await symlink(resolve("node_modules"), join(project, "node_modules"));
  const env = { ...process.env, ...azure.environment, PATH: process.env.PATH };
  const settled = { ...pulumiVariables(directory, passphrase), PULUMI_DEBUG_COMMANDS: "true" };
  // The engine stops the providers at the end of a run, so each run starts new ones.
  const withProviders = async <T>(action: (environment: Record<string, string>) => Promise<T>): Promise<T> => {
    await using attached = await attachProviders(env, project, attachedInTests);
    return await action({ ...settled, ...attached.variables });
  };
  const run = (...args: string[]): Promise<Ran> =>
    withProviders((environment) =>
      runWith(azure, "pulumi", ["--cwd", project, "--non-interactive", ...args], environment),
    );
  const created = await run("stack", "init", stack);
  if (created.code !== 0) throw new Error(`pulumi stack init: ${created.stderr}`);
  // Tests destroy what they deploy.
  await run("config", "set", "--stack", stack, "deletionProtection", "false");
  const file = join(project, `Pulumi.${stack}.yaml`);
  const kept = cleanUp.move();
  return {
    project,
    withProviders,
    run,
    async withConfig(config, action) {
      await cp(file, `${file}.kept`);
      try {
        for (const [key, value] of Object.entries(config)) await run("config", "set", "--stack", stack, key, value);
        return await action();
      } finally {
        await cp(`${file}.kept`, file);
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
