import { embedded } from "./embedded.ts";
import type { Engine } from "./engine.ts";
import { pulumi } from "./pulumi.ts";
import type { EngineName } from "./records.ts";

export const engines: Readonly<Record<EngineName, Engine>> = { embedded, pulumi };
