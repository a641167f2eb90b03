import { AgentGateway } from "./src/component/agentGateway.ts";
import { readSettings } from "./src/config/settings.ts";

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
