/**
 * `node:http`, loaded without `import`. An `import` reads every export, and reading `WebSocket` loads all of undici,
 * which costs 14 MB and a few milliseconds. `node:https` has no such export.
 */
export const { createServer, get } = process.getBuiltinModule("node:http");
