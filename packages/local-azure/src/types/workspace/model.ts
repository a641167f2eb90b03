import { collection } from "../../arm/cloud.ts";
import type { Tracked } from "../../arm/resource.ts";

export const type = "Microsoft.OperationalInsights/workspaces";

export interface Workspace extends Tracked {
  /** Workspace ID, which a managed environment's log configuration refers to. */
  readonly customerId: string;
  readonly keys: { readonly primary: string; readonly secondary: string };
  sku: string;
  retentionInDays: number;
}

export const workspaces = collection<Workspace>(type);
