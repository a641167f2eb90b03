/**
 * Preloaded (`--import`) into the Node processes of replicas: makes servers that would listen on all interfaces listen
 * on 127.0.0.1. Some, such as `@modelcontextprotocol/server-everything`, have no option for that.
 */
import { Server } from "node:net";

const everywhere = new Set([undefined, "", "0.0.0.0", "::", "::0"]);
const listen = Server.prototype.listen;

Server.prototype.listen = function (...args) {
  const [first, second] = args;
  if (typeof first === "object" && first !== null && !Array.isArray(first)) {
    if (
      first.path === undefined &&
      first.fd === undefined &&
      first._handle === undefined &&
      everywhere.has(first.host)
    ) {
      args[0] = { ...first, host: "127.0.0.1" };
    }
  } else if (typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first))) {
    // listen(port[, host][, backlog][, callback])
    if (typeof second !== "string") args.splice(1, 0, "127.0.0.1");
    else if (everywhere.has(second)) args[1] = "127.0.0.1";
  }
  return listen.apply(this, args);
};
