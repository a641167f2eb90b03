/**
 * `node:http` as CommonJS has it. An `import` reads each of its exports, and with `WebSocket` that loads all of undici:
 * 14 MB and some milliseconds that the ingress does not need. `node:https` has no such export.
 */
export const { createServer, get } = process.getBuiltinModule("node:http");
