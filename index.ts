import { AgentGateway } from "./src/stack/agentGateway.ts";
import { readSettings } from "./src/stack/settings.ts";

const gateway = new AgentGateway("agentgateway", readSettings());

export const {
  url,
  mcpEndpoint,
  fqdn,
  resourceGroupName,
  containerAppName,
  environmentName,
  latestRevision,
  stickySessionsEnabled,
  affinity,
  verifyCommand,
  logsCommand,
} = gateway;
