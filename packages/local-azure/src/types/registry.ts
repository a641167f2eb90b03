import type { ResourceType } from "../arm/cloud.ts";
import { app } from "./containerApp/index.ts";
import { diagnosticSetting } from "./diagnosticSetting/index.ts";
import { environment } from "./managedEnvironment/index.ts";
import { operation } from "./operation/index.ts";
import { resourceGroup } from "./resourceGroup/index.ts";
import { subscription } from "./subscription/index.ts";
import { workspace } from "./workspace/index.ts";

/**
 * Every ARM type that the local Azure models; a new one is a folder here and a line below. A type comes after those that its
 * resources need: lists show them in this order, and deletion of a group goes through it backwards.
 */
export const registry: readonly ResourceType[] = [
  subscription,
  resourceGroup,
  workspace,
  environment,
  diagnosticSetting,
  app,
  operation,
];
