/** Whether an error says that deletion protection stopped a step: nothing but Pulumi's words for it tells. */
export const isProtectionMessage = (message: string): boolean =>
  /is currently marked for protection|because it is protected/.test(message);
