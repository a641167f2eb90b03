import { collection } from "../../arm/cloud.ts";
import type { Tracked } from "../../arm/resource.ts";

export const type = "Microsoft.OperationalInsights/workspaces";

export interface Workspace extends Tracked {
  /** The customer id that a managed environment's log configuration names. */
  readonly customerId: string;
  readonly keys: { readonly primary: string; readonly secondary: string };
  sku: string;
  retentionInDays: number;
}

export const workspaces = collection<Workspace>(type);
