export { splitCommandLine } from "../dataPlane/replicas/process/commandLine.ts";
export { removeDirectory } from "../system/removeDirectory.ts";
export { AzMissing, ensureAz, findOnPath } from "./ensureAz.ts";
export { localDirectory, quote, readEnvironmentFile } from "./environmentFile.ts";
export { checkStart, isGone } from "./startChecks.ts";
