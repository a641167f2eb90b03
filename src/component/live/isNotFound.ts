/** Whether a read failed because the resource does not exist. The provider's message contains Azure's error code. */
export const isNotFound = ({ message }: Error): boolean => /\b404\b|NotFound/.test(message);
