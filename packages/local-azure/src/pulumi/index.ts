export type { EngineEvent, Op, Step } from "./engine/events.ts";
export { readConfig, readProject } from "./project/project.ts";
export { differences } from "./protocol/difference.ts";
export { type Diff, nameOf, topOf, typeOf } from "./protocol/provider.ts";
export { containsUnknown, equal, isObject, mask, type Properties, unknown, type Value } from "./protocol/values.ts";
export { connectArm } from "./providers/azureNative/arm.ts";
export { resourceTypes } from "./providers/azureNative/types.ts";
export { attachProviders, pulumiVariables } from "./providers/providers.ts";
export { type RunOptions, type RunResult, runStack, uncounted } from "./run/runStack.ts";
