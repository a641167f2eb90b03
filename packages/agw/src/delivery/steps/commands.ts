import { commentStep } from "./commentStep.ts";
import { driftStep } from "./driftStep.ts";
import { gateStep } from "./gateStep.ts";
import { renderStep } from "./renderStep.ts";
import { stacksStep } from "./stacksStep.ts";
import type { DeliveryCommand } from "./step.ts";

/** One line of the usage: options with the placeholders of their values, and what the line says. */
interface Line {
  readonly options?: Readonly<Record<string, string>>;
  /** Whether these options are optional. */
  readonly optional?: true;
  readonly text?: string;
}

interface Entry {
  readonly run: DeliveryCommand;
  readonly lines: readonly Line[];
}

/** The commands by name, in the order of the usage. */
const entries: Readonly<Record<string, Entry>> = {
  stacks: {
    run: stacksStep,
    lines: [
      {
        options: { base: "REV" },
        optional: true,
        text: "lists the project's stacks, or those that the changes since REV affect",
      },
    ],
  },
  render: {
    run: renderStep,
    lines: [
      { options: { stack: "S", preview: "FILE" }, text: "prints a preview as Markdown" },
      { options: { events: "FILE" }, optional: true, text: "adds the policy violations in Pulumi's event log" },
      {
        options: { "exit-code": "N", errors: "FILE" },
        optional: true,
        text: "shows why the preview failed, if it did",
      },
      { options: { data: "FILE" }, optional: true, text: "writes the data that comment renders" },
    ],
  },
  comment: {
    run: commentStep,
    lines: [
      {
        options: { directory: "D", pull: "N", stacks: "LIST" },
        text: "renders D/STACK/preview.json as one comment per stack on the pull request;",
      },
      { text: "updates the comments of other stacks to say that they are no longer affected" },
    ],
  },
  gate: {
    run: gateStep,
    lines: [
      {
        options: { stack: "S", probe: "F", outputs: "F" },
        text: "compares a probe's report with what the stack declares",
      },
      {
        options: { doctor: "F" },
        optional: true,
        text: "reads the number of replicas and the access restrictions from the doctor's report",
      },
    ],
  },
  drift: {
    run: driftStep,
    lines: [
      {
        options: { directory: "D", stacks: "LIST" },
        text: "opens, updates or closes the drift issue, from the files in D/STACK/",
      },
    ],
  },
};

export const commandNamed = (name: string): DeliveryCommand | undefined =>
  Object.hasOwn(entries, name) ? entries[name]?.run : undefined;

/** The names of all options. Every option takes a value. */
export const optionNames: readonly string[] = [
  ...new Set(Object.values(entries).flatMap(({ lines }) => lines.flatMap(({ options = {} }) => Object.keys(options)))),
];

const usageLines = Object.entries(entries).flatMap(([name, { lines }]) =>
  lines.map(({ options = {}, optional, text = "" }, index) => {
    const words = Object.entries(options).map(([option, placeholder]) => `--${option} ${placeholder}`);
    const synopsis = optional ? `[${words.join(" ")}]` : words.join(" ");
    return `  ${(index === 0 ? name : "").padEnd(9)}${synopsis.padEnd(39)}${text}`.trimEnd();
  }),
);

export const usage = `Usage: node packages/agw/src/delivery.ts COMMAND [options]

${usageLines.join("\n")}

LIST is the JSON array that stacks prints. In a GitHub workflow, stacks also writes it to GITHUB_OUTPUT, and render, gate
and drift append their output to GITHUB_STEP_SUMMARY. comment and drift call GitHub's API with GITHUB_TOKEN.

Exit codes: 0 continue, 1 stop, 2 wrong usage, 3 could not tell.`;
