/** Whether an error says that deletion protection stopped a step. Pulumi reports this only in the text of the message. */
export const isProtectionMessage = (message: string): boolean =>
  /is currently marked for protection|because it is protected/.test(message);
