import { isObject, type Json } from "../json.ts";

/** A recorded ARM call, for tests that compare what clients send. */
export interface ArmRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Body with secrets masked. Undefined: none was sent. */
  readonly body?: Json;
  /** Status of the response; 0 if a fault dropped the connection. */
  readonly status: number;
}

const secretNames = new Set(["sharedkey", "primarysharedkey", "secondarysharedkey", "client_secret", "password"]);

/** Returns the body with `***` in place of each secret value. */
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
