import { commentStep } from "./commentStep.ts";
import { driftStep } from "./driftStep.ts";
import { gateStep } from "./gateStep.ts";
import { renderStep } from "./renderStep.ts";
import { stacksStep } from "./stacksStep.ts";
import type { DeliveryCommand } from "./step.ts";

/** One line of the usage: options with what stands for their values, and what they are for. */
interface Line {
  readonly options?: Readonly<Record<string, string>>;
  /** Whether they can be left out. */
  readonly optional?: true;
  readonly text?: string;
}

interface Entry {
  readonly run: DeliveryCommand;
  readonly lines: readonly Line[];
}

/** Each command by its name, with its options. Exit codes: 0 go on, 1 stop, 2 wrong usage, 3 could not tell. */
const entries: Readonly<Record<string, Entry>> = {
  stacks: {
    run: stacksStep,
    lines: [
      {
        options: { base: "REV" },
        optional: true,
        text: "stacks of the project, or those that the change since REV touches",
      },
    ],
  },
  render: {
    run: renderStep,
    lines: [
      { options: { stack: "S", preview: "FILE" }, text: "the Markdown of a preview" },
      { options: { events: "FILE" }, optional: true, text: "with the violations in the engine's event log" },
      {
        options: { "exit-code": "N", errors: "FILE" },
        optional: true,
        text: "and, where pulumi failed, of what it said",
      },
    ],
  },
  comment: {
    run: commentStep,
    lines: [
      {
        options: { directory: "D", pull: "N", stacks: "LIST" },
        text: "writes each D/STACK/comment.md to the pull request, one comment a stack;",
      },
      { text: "those of stacks that are no longer in the list say so" },
    ],
  },
  gate: {
    run: gateStep,
    lines: [
      {
        options: { stack: "S", probe: "F", outputs: "F" },
        text: "judges a probe's report against the stack's outputs",
      },
      { options: { doctor: "F" }, optional: true },
    ],
  },
  drift: {
    run: driftStep,
    lines: [
      {
        options: { directory: "D", stacks: "LIST" },
        text: "opens, updates or closes the one drift issue from each D/STACK/",
      },
    ],
  },
};

export const commandNamed = (name: string): DeliveryCommand | undefined =>
  Object.hasOwn(entries, name) ? entries[name]?.run : undefined;

/** The names of all options; each takes a value. */
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

LIST is what stacks prints. Where a workflow's run sets them, stacks writes it to GITHUB_OUTPUT as well, and render, gate and
drift append what they print to GITHUB_STEP_SUMMARY.`;
