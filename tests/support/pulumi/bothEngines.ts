import { azIsThere, withoutAz } from "../azure/localAzure.ts";
import { pulumiIsThere, withoutPulumi } from "./pulumiCli.ts";
import { embeddedEngine, pulumiEngine } from "./stackEngine.ts";

const withAz = await azIsThere();

/** Both engines, for `describe.each`. `there` is false if the Azure CLI or Pulumi is missing. */
export const bothEngines = [
  { title: `the built-in engine${withoutAz(withAz)}`, there: withAz, start: embeddedEngine },
  {
    title: `Pulumi's engine${withoutPulumi || withoutAz(withAz)}`,
    there: withAz && pulumiIsThere,
    start: pulumiEngine,
  },
];
