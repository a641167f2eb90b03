import type * as pulumi from "@pulumi/pulumi";

/**
 * Fails the run with the error's message alone. A rejected output would remove all outputs of the stack, including what
 * verification saw; a rejection that belongs to no output keeps them. By the time it is handled the program has ended,
 * and Pulumi then prints a stack trace if the error has one, whatever `hideStack` says (measured with Pulumi's engine
 * 3.260: exit code 1, the message once, outputs registered).
 */
export function failUpdate(error: pulumi.ResourceError): void {
  delete error.stack;
  void Promise.reject(error);
}
