import { type Check, type DoctorOptions, renderChecks, runDoctor } from "../doctor/index.ts";
import { readStackOutputs } from "../engines/outputs.ts";
import { type Command, CommandError, exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { flag, option, optionLines, type Parsed, readOptions, type ValuesOf } from "../terminal/options.ts";
import { readCertificates } from "../terminal/optionValues.ts";
import { authorities, runningLocalAzure } from "./localDirectory.ts";

const options = {
  stack: option("S", [
    "the app of this stack (prod): of the local Azure where one runs, else by pulumi stack output;",
    "ORGANIZATION/S and ORGANIZATION/PROJECT/S are such names as well",
  ]),
  name: option("N", "name of the container app"),
  "resource-group": option("G", "its resource group"),
  subscription: option(
    "ID",
    "the subscription that is meant (default: ARM_SUBSCRIPTION_ID, else the one signed in to)",
  ),
  url: option("URL", "address of the gateway (default: the app's own); alone, only the address is looked at"),
  ca: option(
    "FILE",
    "certificate authorities to trust as well, PEM; the local Azure's own is trusted while it runs",
    readCertificates,
  ),
  json: flag("prints one JSON document"),
};

export const command: Command = {
  help: [
    "Usage: agw doctor [--stack S | --name N --resource-group G] [--url URL] [options]",
    "",
    "Walks the troubleshooting list of session affinity against a live app: reads only, with the Azure CLI and two requests",
    "to the gateway. Each line is ok, not ok or unknown, with the command that mends it.",
    "",
    ...optionLines(options, 23),
    "",
    "Exit codes: 0 all ok, 1 something is not ok, 2 wrong usage, 3 nothing is wrong but something is unknown, as where the",
    "stack names no app.",
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

/** What the options say by themselves. @throws CommandError with all that is wrong */
function check({ values, positionals, problems }: Parsed<typeof options>): Given {
  const { stack, name, "resource-group": group, url, subscription, ca } = values;
  const all = [
    positionals.length > 0 && `takes no arguments, got '${positionals.join(" ")}'`,
    stack !== undefined &&
      (name !== undefined || group !== undefined) &&
      "--stack says which app: leave --name and --resource-group out",
    (name === undefined) !== (group === undefined) && "--name and --resource-group go together",
    ...notNames(values),
    url !== undefined &&
      !/^https?:$/.test(URL.parse(url)?.protocol ?? "") &&
      `--url must be http:// or https://, got '${url}'`,
    ...problems,
  ].filter((problem) => problem !== false);
  if (all.length > 0) throw new CommandError(all.join("\n  "), exitCode.usage);
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
