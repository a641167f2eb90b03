import type { ResourceType } from "../arm/cloud.ts";
import { app } from "./containerApp/index.ts";
import { diagnosticSetting } from "./diagnosticSetting/index.ts";
import { environment } from "./managedEnvironment/index.ts";
import { operation } from "./operation/index.ts";
import { resourceGroup } from "./resourceGroup/index.ts";
import { subscription } from "./subscription/index.ts";
import { workspace } from "./workspace/index.ts";

/**
 * Every ARM type that the local Azure implements. docs/local-azure.md says how to add one. Each type comes after the
 * types that its resources depend on: lists use this order, and deleting a group uses the reverse order.
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
