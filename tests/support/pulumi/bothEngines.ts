import { azIsThere, withoutAz } from "../azure/localAzure.ts";
import { pulumiIsThere, withoutPulumi } from "./pulumiCli.ts";
import { embeddedEngine, pulumiEngine } from "./stackEngine.ts";

const withAz = await azIsThere();

/** Both engines, for `describe.each`: the stack needs the Azure CLI on either. `there`: whether it can run here. */
export const bothEngines = [
  { title: `the local engine${withoutAz(withAz)}`, there: withAz, start: embeddedEngine },
  {
    title: `Pulumi's own engine${withoutPulumi || withoutAz(withAz)}`,
    there: withAz && pulumiIsThere,
    start: pulumiEngine,
  },
];
