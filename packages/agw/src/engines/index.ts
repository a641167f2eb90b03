import { embedded } from "./embeddedEngine.ts";
import type { Engine } from "./engine.ts";
import { pulumi } from "./pulumiEngine.ts";
import type { EngineName } from "./records.ts";

export const engines: Readonly<Record<EngineName, Engine>> = { embedded, pulumi };
