import { connect, createServer, type Server } from "node:net";
import { type Address, addressKey } from "../../net/address.ts";

/** Listens on one address and forwards each connection to the other. */
export function relay(from: Address, to: Address): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ ...to, allowHalfOpen: true, noDelay: true });
    near.pipe(far).pipe(near);
    near.once("error", () => far.destroy()).once("close", () => far.destroy());
    far.once("error", () => near.destroy()).once("close", () => near.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new Error(`cannot listen on ${addressKey(from)}: ${error.message}`)));
    server.listen("path" in from ? { path: from.path } : { ...from }, () => resolve(server));
  });
}
