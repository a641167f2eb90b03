import { type Check, type DoctorOptions, renderChecks, runDoctor } from "../doctor/index.ts";
import { readStackOutputs } from "../engines/outputs.ts";
import { type Command, CommandError, exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { flag, option, optionLines, type Parsed, readOptions, type ValuesOf } from "../terminal/options.ts";
import { readCertificates } from "../terminal/optionValues.ts";
import { authorities, runningLocalAzure } from "./localDirectory.ts";

const options = {
  stack: option("S", [
    "check the app of this stack (default: prod). If a local Azure is running, the stack is looked up there;",
    "otherwise its outputs are read with pulumi, and ORGANIZATION/PROJECT/S or ORGANIZATION/S also work",
  ]),
  name: option("N", "name of the container app"),
  "resource-group": option("G", "its resource group"),
  subscription: option("ID", "expected subscription (default: ARM_SUBSCRIPTION_ID, otherwise az's current one)"),
  url: option(
    "URL",
    "address of the gateway (default: the app's); without --stack or --name, only the address is checked",
  ),
  ca: option(
    "FILE",
    "PEM file of additional certificate authorities; a running local Azure's is always trusted",
    readCertificates,
  ),
  json: flag("print one JSON document"),
};

export const command: Command = {
  help: [
    "Usage: agw doctor [--stack S | --name N --resource-group G] [--url URL] [options]",
    "",
    "Checks everything that a live app's session affinity depends on. It changes nothing: it reads with the Azure CLI and",
    "sends two requests to the gateway. Each check is ok, not ok or unknown. If there is something to do, the",
    "line below a check is a command that fixes the problem or shows more about it.",
    "",
    ...optionLines(options, 23),
    "",
    "Exit codes: 0 all ok, 1 at least one check is not ok, 2 wrong usage, 3 no check failed but at least one is unknown (for",
    "example because the stack isn't deployed), 130 interrupted.",
  ].join("\n"),
  async run(args, io) {
    const parsed = readOptions(args, options);
    const given = check(parsed);
    const report = await runDoctor({ ...given, ...(await target(parsed.values, given, io)) });
    if (io.signal.aborted) return exitCode.interrupted;
    io.out(
      parsed.values.json
        ? JSON.stringify(report)
        : renderChecks(report.checks, (status, text) => io.style(styles[status], text)),
    );
    return codes[report.verdict];
  },
};

const styles = { ok: "green", "not ok": "red", unknown: "yellow" } as const;
const codes: Record<Check["status"], number> = {
  ok: exitCode.done,
  "not ok": exitCode.failed,
  unknown: exitCode.unknown,
};

type Values = ValuesOf<typeof options>;

type Given = Pick<DoctorOptions, "url" | "subscription" | "ca">;

/** Validates the options. @throws CommandError that lists every problem */
function check({ values, positionals, problems }: Parsed<typeof options>): Given {
  const { stack, name, "resource-group": group, url, subscription, ca } = values;
  const all = [
    positionals.length > 0 && `takes no arguments, got '${positionals.join(" ")}'`,
    stack !== undefined &&
      (name !== undefined || group !== undefined) &&
      "--stack can't be combined with --name or --resource-group",
    (name === undefined) !== (group === undefined) && "--name and --resource-group must be given together",
    ...notNames(values),
    url !== undefined &&
      !/^https?:$/.test(URL.parse(url)?.protocol ?? "") &&
      `--url: must start with http:// or https://, got '${url}'`,
    ...problems,
  ].filter((problem) => problem !== false);
  if (all.length > 0) throw new CommandError(all.join("\n  "), exitCode.usage);
  return {
    ...(url !== undefined && { url: new URL(url).origin }),
    ...(subscription !== undefined && { subscription }),
    ...(ca !== undefined && { ca }),
  };
}

/** Names end up in the commands that the doctor prints, so they must not contain anything that a shell interprets. */
function notNames({ stack, name: app, "resource-group": group, subscription }: Values): string[] {
  const name = /^[\w(][\w.()-]*$/;
  // Pulumi Cloud: [ORGANIZATION/[PROJECT/]]STACK, each of up to 100 characters.
  const stackName = /^(\w[\w.-]*\/){0,2}\w[\w.-]*$/;
  const named = [
    ["--stack", stack, stackName, 302],
    ["--name", app, name, 32],
    ["--resource-group", group, name, 90],
    ["--subscription", subscription, name, 64],
  ] as const;
  return named.flatMap(([flag, value, pattern, most]) =>
    value === undefined || (pattern.test(value) && value.length <= most)
      ? []
      : [`${flag}: not a valid name: '${value}'`],
  );
}

type Target = Omit<DoctorOptions, "subscription">;

/** Finds the app and how to reach it. Without any of the options it is the app of the stack prod. */
async function target(values: Values, given: { readonly ca?: string }, io: Io): Promise<Target> {
  // If a local Azure is running, az and the certificates must be the ones for it.
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
    const { found, try: command, update } = outputs;
    return { ...context, stack, update, unnamed: { found, try: command } };
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
