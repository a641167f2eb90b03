/** Whether a failed read says that there is no such resource; the provider passes Azure's code on in its message. */
export const isNotFound = ({ message }: Error): boolean => /\b404\b|NotFound/.test(message);
