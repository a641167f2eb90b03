import { Agent, fetch as undiciFetch } from "undici";
import type { TestAzure } from "./azure/localAzure.ts";

/** A `fetch` that trusts the local Azure's certificate authority. */
export function trustingFetch(azure: TestAzure): typeof fetch {
  const dispatcher = new Agent({ connect: { ca: azure.caPem } });
  return ((input: string, init: object) => undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
}
