/** Pulumi's commands as messages name them. Programs that run without Pulumi translate them for their users. */
export const configSet = "pulumi config set";
export const configSetSecret = `${configSet} --secret`;
export const configSetPath = `${configSet} --path`;
export const configRemove = "pulumi config rm";

export type ToldCommand = "up" | "config set" | "config set --path" | "config rm";

const patterns: Readonly<Record<ToldCommand, RegExp>> = {
  up: /\bpulumi up\b/,
  "config set": new RegExp(`\\b${configSet}\\b`),
  "config set --path": new RegExp(`\\b${configSet} (?:--secret )?--path\\b`),
  "config rm": new RegExp(`\\b${configRemove}\\b`),
};

/** Returns the Pulumi commands that a message tells you to run. */
export const commandsIn = (message: string): ToldCommand[] =>
  (Object.keys(patterns) as ToldCommand[]).filter((command) => patterns[command].test(message));
