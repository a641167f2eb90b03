import { join } from "node:path";

/** Returns variables with which Pulumi's CLI keeps its state and plugins below `home` and downloads nothing. */
export const pulumiVariables = (home: string, passphrase: string) => ({
  PULUMI_BACKEND_URL: `file://${join(home, "backend")}`,
  PULUMI_HOME: join(home, "home"),
  PULUMI_CONFIG_PASSPHRASE: passphrase,
  PULUMI_SKIP_UPDATE_CHECK: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
});
