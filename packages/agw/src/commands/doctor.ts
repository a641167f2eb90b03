import { type Check, type DoctorOptions, renderChecks, runDoctor } from "../doctor/index.ts";
import { readStackOutputs } from "../stack/stackOutputs.ts";
import { type Command, CommandError, exitCode, parseOptions } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { readCertificates } from "../terminal/optionValues.ts";
import { authorities, runningLocalAzure } from "./localDirectory.ts";

export const command: Command = {
  help: [
    "Usage: agw doctor [--stack S | --name N --resource-group G] [--url URL] [options]",
    "",
    "Walks the troubleshooting list of session affinity against a live app: reads only, with the Azure CLI and two requests",
    "to the gateway. Each line is ok, not ok or unknown, with the command that mends it.",
    "",
    "  --stack S            the app of this stack (prod): of the local Azure where one runs, else by pulumi stack output;",
    "                       ORGANIZATION/S and ORGANIZATION/PROJECT/S are such names as well",
    "  --name N             name of the container app",
    "  --resource-group G   its resource group",
    "  --subscription ID    the subscription that is meant (default: ARM_SUBSCRIPTION_ID, else the one signed in to)",
    "  --url URL            address of the gateway (default: the app's own); alone, only the address is looked at",
    "  --ca FILE            certificate authorities to trust as well, PEM; the local Azure's own is trusted while it runs",
    "  --json               prints one JSON document",
    "",
    "Exit codes: 0 all ok, 1 something is not ok, 2 wrong usage, 3 nothing is wrong but something is unknown, as where the",
    "stack names no app.",
  ].join("\n"),
  async run(args, io) {
    const { values, positionals } = parseOptions(args, flags);
    const given = check(values, positionals);
    const options = { ...given, ...(await target(values, given, io)) };
    const report = await runDoctor(options);
    if (io.signal.aborted) return exitCode.interrupted;
    io.out(
      values.json
        ? JSON.stringify(report)
        : renderChecks(report.checks, (status, text) => io.style(styles[status], text)),
    );
    return codes[report.verdict];
  },
};

const flags = {
  stack: { type: "string" },
  name: { type: "string" },
  "resource-group": { type: "string" },
  subscription: { type: "string" },
  url: { type: "string" },
  ca: { type: "string" },
  json: { type: "boolean" },
} as const;

const styles = { ok: "green", "not ok": "red", unknown: "yellow" } as const;
const codes: Record<Check["status"], number> = {
  ok: exitCode.done,
  "not ok": exitCode.failed,
  unknown: exitCode.unknown,
};

type Values = ReturnType<typeof parseOptions<typeof flags>>["values"];

/** All that is wrong with the options, at once. */
function check(values: Values, positionals: readonly string[]): Pick<DoctorOptions, "url" | "subscription" | "ca"> {
  const { stack, name, "resource-group": group, url, subscription } = values;
  const unread: string[] = [];
  const ca = readCertificates("--ca", values.ca, unread);
  const problems = [
    positionals.length > 0 && `takes no arguments, got '${positionals.join(" ")}'`,
    stack !== undefined &&
      (name !== undefined || group !== undefined) &&
      "--stack says which app: leave --name and --resource-group out",
    (name === undefined) !== (group === undefined) && "--name and --resource-group go together",
    ...notNames(values),
    url !== undefined &&
      !/^https?:$/.test(URL.parse(url)?.protocol ?? "") &&
      `--url must be http:// or https://, got '${url}'`,
    ...unread,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new CommandError(problems.join("\n  "), exitCode.usage);
  return {
    ...(url !== undefined && { url: new URL(url).origin }),
    ...(subscription !== undefined && { subscription }),
    ...(ca !== undefined && { ca }),
  };
}

/** These become parts of the commands that are shown: nothing that a shell would read as more than a name. */
function notNames({ stack, name: app, "resource-group": group, subscription }: Values): string[] {
  const name = /^[\w(][\w.()-]*$/;
  // A stack of Pulumi Cloud may be named with its organization and project before it, each of up to 100 characters.
  const stackName = /^(\w[\w.-]*\/){0,2}\w[\w.-]*$/;
  const named = [
    ["--stack", stack, stackName, 302],
    ["--name", app, name, 32],
    ["--resource-group", group, name, 90],
    ["--subscription", subscription, name, 64],
  ] as const;
  return named.flatMap(([flag, value, pattern, most]) =>
    value === undefined || (pattern.test(value) && value.length <= most) ? [] : [`${flag} is not a name: '${value}'`],
  );
}

type Target = Omit<DoctorOptions, "subscription">;

/** Which app is meant, and how it is reached; nothing named at all is the stack prod, as with the other commands. */
async function target(values: Values, given: { readonly ca?: string }, io: Io): Promise<Target> {
  // Where a local Azure runs, `az` and the certificates are its own.
  const local = await runningLocalAzure(io.env);
  const trusted = [given.ca, authorities(io.env, local)].filter((pem) => pem !== undefined).join("\n");
  const context = { env: { ...io.env, ...local }, signal: io.signal, ...(trusted !== "" && { ca: trusted }) };
  const { name, "resource-group": resourceGroup, url } = values;
  const update = local === undefined ? undefined : "npx agw up";
  if (name !== undefined && resourceGroup !== undefined) {
    return { ...context, name, resourceGroup, ...(update !== undefined && { update }) };
  }
  if (values.stack === undefined && url !== undefined) return context;
  const { stack = "prod" } = values;
  const outputs = await readStackOutputs(stack, { ...context, local: local !== undefined });
  if (outputs.kind === "unread") {
    const { found, mend } = outputs;
    return { ...context, stack, update: outputs.update, unnamed: { found, mend } };
  }
  return {
    ...context,
    stack,
    update: outputs.update,
    name: outputs.containerAppName,
    resourceGroup: outputs.resourceGroupName,
    ...(url === undefined && outputs.url !== undefined && { url: outputs.url }),
    ...(outputs.stickySessionsEnabled !== undefined && { wanted: outputs.stickySessionsEnabled ? "sticky" : "none" }),
  };
}
