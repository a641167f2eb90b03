/** An address to connect to: a port on 127.0.0.1, or a Unix socket that leads into a network namespace. */
export type Address = { readonly host: "127.0.0.1"; readonly port: number } | { readonly path: string };

export const loopback = (port: number): Address => ({ host: "127.0.0.1", port });

/** Returns a key that is equal for equal addresses. */
export const addressKey = (address: Address): string => ("path" in address ? address.path : String(address.port));

/** The addresses on which a replica's process listens. */
export interface Endpoint {
  readonly data: Address;
  /** Undefined if the command has no health port. */
  readonly health: Address | undefined;
}
