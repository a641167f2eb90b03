import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { az, startTestAzure } from "../../../../../tests/support/azure/localAzure.ts";
import { startRealPulumi } from "../../../../../tests/support/pulumi/realPulumi.ts";
import { situations } from "../../../src/commands/comment.ts";
import type { PreviewDigest, PreviewStep, ResourceState } from "../../../src/delivery/digest/previewDigest.ts";

/** Records every preview in this folder with the `pulumi` on the PATH; see README.md. */
await using azure = await startTestAzure();
await using pulumi = await startRealPulumi(azure, "prod");
const which = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
const set = (key: string, value: string) => pulumi.run("config", "set", "--stack", "prod", key, value);

async function record(name: string, config: Readonly<Record<string, string>> = {}, code = 0): Promise<void> {
  const ran = await pulumi.withConfig(config, () => pulumi.run("preview", "--json", "--stack", "prod"));
  if (ran.code !== code) throw new Error(`${name}: exit ${ran.code}\n${ran.stderr}`);
  const text = ran.stdout.replaceAll(/127\.0\.0\.1:\d+/g, "gateway.example");
  const document = JSON.stringify(shortened(JSON.parse(text)), null, 2);
  await writeFile(join(import.meta.dirname, `${name}.json`), `${document}\n`);
}

async function up(): Promise<void> {
  const ran = await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod");
  if (ran.code !== 0) throw new Error(`up: exit ${ran.code}\n${ran.stdout}${ran.stderr}`);
}

/** Removes what differs between runs, what comments don't use, and the paths of plugins on this machine. */
function shortened({ config, steps = [], diagnostics = [], changeSummary }: PreviewDigest): PreviewDigest {
  const told = diagnostics.filter(({ message = "" }) => !/using pulumi-\S+ from \$PATH/.test(message));
  return { config, steps: steps.map(shortStep), diagnostics: told, changeSummary } as PreviewDigest;
}

function shortStep(step: PreviewStep): PreviewStep {
  const { oldState, newState, provider: _, ...rest } = step as PreviewStep & { provider?: unknown };
  const looked = step.op === "refresh";
  const isApp = step.urn.includes("$azure-native:app:ContainerApp::");
  const isComponent = !/::(\S+\$)?(azure-native|command):/.test(step.urn);
  return {
    ...rest,
    ...(oldState && { oldState: shortState(oldState, (looked && isApp) || isComponent) }),
    ...(newState && (isApp || !looked) && { newState: shortState(newState, looked) }),
  };
}

const dropped = [
  "created",
  "modified",
  "sourcePosition",
  "stackTrace",
  "dependencies",
  "propertyDependencies",
  "provider",
];

function shortState(state: ResourceState, withOutputs: boolean): ResourceState {
  const { outputs, ...rest } = state;
  const kept = Object.fromEntries(Object.entries(rest).filter(([key]) => !dropped.includes(key)));
  return { ...kept, ...(withOutputs && outputs && { outputs }) } as unknown as ResourceState;
}

await record("first-deployment");
await up();
await record("no-change");
await record("toggle-off", situations["toggle-off"].change);
await record("new-revision", situations["new-revision"].change);
await record("scale", { minReplicas: "3" });
await record("rebuild", { location: "westeurope" });
await az(azure, "containerapp", "secret", "set", ...which, "--secrets", "registry-password=x");
await record("hook", situations["new-revision"].change, 1);
await az(azure, "containerapp", "secret", "remove", ...which, "--secret-names", "registry-password");
await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...which, "--affinity", "none");
await record("drift");
await set("deletionProtection", "true");
await up();
await record("protected", { location: "westeurope" }, 1);
