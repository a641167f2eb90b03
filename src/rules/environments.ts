/** The environments that the rules know. */
export const environments = ["dev", "staging", "prod"] as const;
