import { isObject, type Json } from "../json.ts";

/** One ARM call as it came in, for tests that compare what two clients send. */
export interface ArmRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Secrets are masked; undefined: none was sent. */
  readonly body?: Json;
  /** Of the answer; 0 if the connection was dropped on purpose. */
  readonly status: number;
}

const secretNames = new Set(["sharedkey", "primarysharedkey", "secondarysharedkey", "client_secret", "password"]);

/** The body with `***` for each value that the API treats as a secret. */
export function masked(value: Json, inSecrets = false): Json {
  if (Array.isArray(value)) return value.map((item) => masked(item, inSecrets));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const lower = name.toLowerCase();
      const secret = inner !== null && (secretNames.has(lower) || (inSecrets && lower === "value"));
      return [name, secret ? "***" : masked(inner, lower === "secrets")];
    }),
  );
}
