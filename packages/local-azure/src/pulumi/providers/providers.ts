import type { Provider } from "../protocol/provider.ts";
import { serveProvider } from "../protocol/serveProvider.ts";
import { azureNative } from "./azureNative/azureNative.ts";
import { commandProvider } from "./command.ts";

interface Package {
  readonly version: string;
  start(environment: NodeJS.ProcessEnv, directory: string): Provider;
}

/** The supported packages, the version that each one stands in for, and its provider. */
const packages: Readonly<Record<string, Package>> = {
  "azure-native": { version: "3.28.0", start: (environment) => azureNative({ environment }) },
  command: { version: "1.2.1", start: commandProvider },
};

/** Returns a lookup of this process's providers by type or function. A provider starts at its first use. */
export function ownProviders(environment: NodeJS.ProcessEnv, directory: string, signal: AbortSignal) {
  const running = new Map<string, Provider>();
  return (type: string): Provider => {
    const [name = ""] = type.split(":");
    const found = running.get(name) ?? packages[name]?.start(environment, directory);
    if (found === undefined) {
      throw new Error(
        `the built-in engine has no provider for package '${name}', only for ${Object.keys(packages).join(" and ")}`,
      );
    }
    if (!running.has(name)) signal.addEventListener("abort", () => found.cancel(), { once: true });
    running.set(name, found);
    return found;
  };
}

/** Serves the same providers, or only those named, to Pulumi's engine. Returns the variables by which it finds them. */
export async function attachProviders(
  environment: NodeJS.ProcessEnv,
  directory: string,
  names: readonly string[] = Object.keys(packages),
) {
  await using starting = new AsyncDisposableStack();
  const addresses: string[] = [];
  for (const [name, { version, start }] of Object.entries(packages)) {
    if (!names.includes(name)) continue;
    const { address } = starting.use(await serveProvider(() => start(environment, directory), version));
    addresses.push(`${name}:${address.split(":").at(-1)}`);
  }
  const servers = starting.move();
  const variables = { PULUMI_DEBUG_PROVIDERS: addresses.join(",") };
  return { variables, [Symbol.asyncDispose]: () => servers.disposeAsync() };
}
