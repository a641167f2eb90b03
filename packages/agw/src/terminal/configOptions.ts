import { CommandError, exitCode } from "./command.ts";
import { type Help, list, option } from "./options.ts";
import { checkArmSeconds, readText } from "./optionValues.ts";

/** `--stack NAME`. */
export const stackOption = (check?: (flag: string, name: string, problems: string[]) => void) =>
  option("NAME", "the stack; its settings are in Pulumi.NAME.yaml (default: prod)", (flag, name = "prod", problems) => {
    check?.(flag, name, problems);
    return name;
  });

/** `-c KEY=VALUE`, repeatable. */
export const configOption = (help: Help) => list("K=V", help, readPairs, "c");

function readPairs(_flag: string, pairs: readonly string[], problems: string[]): Record<string, string> {
  const entries = pairs.flatMap((pair): [string, string][] => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) {
      problems.push(`-c: must be KEY=VALUE or KEY=@FILE, got '${pair.split("=")[0]}'`);
      return [];
    }
    const text = value.startsWith("@") ? readText(`-c ${key}`, value.slice(1), problems)?.trimEnd() : value;
    return text === undefined ? [] : [[key, text]];
  });
  return Object.fromEntries(entries);
}

/** Checks a command line that takes only options. @throws CommandError that lists every problem */
export function refuseProblems(
  { positionals, problems }: { readonly positionals: readonly string[]; readonly problems: readonly string[] },
  env: NodeJS.ProcessEnv,
): void {
  const all = [...positionals.map((argument) => `takes no arguments, got '${argument}'`), ...problems];
  checkArmSeconds(env, all);
  if (all.length > 0) throw new CommandError(all.join("\n"), exitCode.usage);
}
