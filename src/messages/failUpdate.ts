import type * as pulumi from "@pulumi/pulumi";

/**
 * Fails the run with the error's message alone. A rejected output would take all outputs of the stack with it, and you would
 * not see what was observed; a rejection that belongs to no output leaves them as they are. It comes when the program itself
 * has ended, and Pulumi then prints the stack trace if there is one, whatever `hideStack` says (measured on Pulumi's engine
 * 3.260: exit code 1, the message once, outputs registered).
 */
export function failUpdate(error: pulumi.ResourceError): void {
  delete error.stack;
  void Promise.reject(error);
}
