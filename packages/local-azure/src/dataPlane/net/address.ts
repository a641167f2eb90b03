/** Where to connect to: a port of 127.0.0.1, or a Unix socket that leads into a network namespace. */
export type Address = { readonly host: "127.0.0.1"; readonly port: number } | { readonly path: string };

export const loopback = (port: number): Address => ({ host: "127.0.0.1", port });

/** The same for the same place. */
export const addressKey = (address: Address): string => ("path" in address ? address.path : String(address.port));

/** Where a replica's process listens. */
export interface Endpoint {
  readonly data: Address;
  /** Undefined where the command was not told a port for it. */
  readonly health: Address | undefined;
}
