// @ts-check
/**
 * A way in which az fails. Texts can use the placeholders `{app}`, `{group}`, `{subscription}`, `{command}`, `{host}`
 * (that az called), `{code}` (az's exit code) and `{1}`, `{2}` (groups of the pattern).
 * @typedef {object} FailureKind
 * @property {string} id
 * @property {readonly RegExp[]} patterns that az's output matches
 * @property {boolean} passes whether the failure is transient, so that retrying makes sense
 * @property {string} what happened, as a clause
 * @property {string} todo what to do, as sentences
 * @property {string} [next] the next command, if it is not `pulumi up`
 */

const signIn = "with az login (in a pipeline: az login --service-principal or --identity)";
const network = "Check the network between this machine and Azure, and HTTPS_PROXY and NO_PROXY here.";
const health = "Check https://azure.status.microsoft, and retry later.";

/** az was stopped after its timeout. @type {FailureKind} */
export const hung = {
  id: "hung",
  patterns: [],
  passes: true,
  what: "the Azure CLI did not finish in time and was stopped",
  todo: `${network} To see where it hangs, run: {command} --debug`,
};

/** No pattern matches. @type {FailureKind} */
export const unknown = {
  id: "unknown",
  patterns: [],
  passes: false,
  what: "the Azure CLI failed with exit code {code}",
  todo: "Any message from it is above. For details, run: {command} --debug",
};

/**
 * The kinds of failure. The first one with a matching pattern counts, so the order matters. `passes` defaults to false.
 * The patterns match texts of az 2.91, MSAL, requests, urllib3, Azure Resource Manager and Microsoft Entra ID (AADSTS
 * codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
 * @type {Readonly<Record<string, Omit<FailureKind, "id" | "passes"> & { readonly passes?: boolean }>>}
 */
const table = {
  "az-missing": {
    patterns: [/spawn az ENOENT|'az' is not recognized as an internal or external command/],
    what: "the Azure CLI is not installed, or is not on the PATH",
    todo: "Install it from https://aka.ms/azure-cli, or add it to the PATH.",
  },
  "az-too-old": {
    patterns: [
      /is not in the 'az(?: [\w -]+)?' command group|is misspelled or not recognized by the system/,
      /requires the extension containerapp|unrecognized arguments/,
    ],
    what: "this Azure CLI does not support the command or one of its options",
    todo: "Update it to 2.53 or later with az upgrade (az version shows the installed one).",
  },
  "az-killed": {
    patterns: [/az was ended by (SIG\w+)/],
    what: "something on this machine killed the Azure CLI with {1}",
    todo: "Find out what killed it. A common cause is that the machine ran out of memory.",
  },
  certificate: {
    patterns: [/SSLCertVerificationError|CERTIFICATE_VERIFY_FAILED/],
    what: "the Azure CLI does not trust the certificate of {host}",
    todo: "If a proxy inspects TLS, add its certificate authority to the file that REQUESTS_CA_BUNDLE names (https://learn.microsoft.com/cli/azure/use-cli-effectively#work-behind-a-proxy).",
  },
  "proxy-sign-in": {
    patterns: [/Tunnel connection failed: 407/, /Proxy Authentication Required/i],
    what: "the proxy requires a user name and password (407)",
    todo: "Add them to HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT.",
  },
  "proxy-busy": {
    patterns: [/Tunnel connection failed: (429|5\d\d)/],
    passes: true,
    what: "the proxy answered {1} instead of connecting to {host}",
    todo: "Check the proxy that HTTPS_PROXY names.",
  },
  "proxy-refuses": {
    patterns: [/Tunnel connection failed: (\d+)/],
    what: "the proxy refused to connect to {host} ({1})",
    todo: "Allow that host on the proxy, or add it to NO_PROXY if this machine can reach it directly.",
  },
  "proxy-unreachable": {
    patterns: [/ProxyError\(|(?:Cannot|Unable to) connect to proxy/],
    what: "the Azure CLI cannot reach the proxy on the way to {host}",
    todo: "Correct HTTPS_PROXY, or unset it if this machine needs no proxy.",
  },
  "tls-cut": {
    patterns: [/UNEXPECTED_EOF_WHILE_READING|SSLEOFError|EOF occurred in violation of protocol|SSLZeroReturnError/],
    passes: true,
    what: "the TLS connection to {host} was closed unexpectedly",
    todo: network,
  },
  tls: {
    patterns: [/SSLError\(|\[SSL: \w+\]/],
    what: "the TLS handshake with {host} failed",
    todo: "Check HTTPS_PROXY: the address of a proxy almost always starts with http://, not https://.",
  },
  "name-temporary": {
    patterns: [/Temporary failure in name resolution|\[Errno 11002\]/],
    passes: true,
    what: "DNS temporarily failed to resolve {host}",
    todo: "Check the DNS servers of this machine.",
  },
  "name-unknown": {
    patterns: [
      /Name or service not known|nodename nor servname|No address associated with hostname/,
      /getaddrinfo failed/,
    ],
    what: "DNS cannot resolve {host}",
    todo: "Check the DNS servers of this machine, HTTPS_PROXY, and the endpoints that az cloud show prints.",
  },
  "second-factor": {
    patterns: [/AADSTS(?:50072|50074|50076|50079|50158)\b/, /must authenticate with multi-factor authentication/i],
    what: "Azure requires multi-factor authentication",
    todo: "Sign in again: az logout, then az login --tenant TENANT. A pipeline must use a service principal or managed identity instead.",
  },
  "conditional-access": {
    patterns: [/AADSTS(?:5300[0-4]|530003|530004|50005|50105|50131)\b/],
    what: "a Conditional Access policy or an access rule of your tenant blocks this sign-in",
    todo: "Sign in from a device and network that the policy allows, or ask the tenant's administrator, who can find the reason in the sign-in logs by the Trace ID.",
  },
  "federated-token-expired": {
    patterns: [/AADSTS(?:700024|500133)\b/],
    what: "the federated token that the Azure CLI signed in with has expired, and the CLI cannot get a new one",
    todo: "Sign in again with a new token (az login --service-principal --federated-token). In a pipeline, sign in right before pulumi up and rerun the job.",
  },
  "federated-credential": {
    patterns: [/AADSTS(?:70021|700211|700212|700213|700223|700238|700016|700021|90002)\b/],
    what: "Microsoft Entra ID does not accept the identity that the Azure CLI signs in as",
    todo: "Check the client ID and tenant ID and, for a federated token, the credential's issuer, subject and audience (az ad app federated-credential list --id CLIENT_ID).",
  },
  "secret-expired": {
    patterns: [/AADSTS(?:7000222|7000215)\b/],
    what: "the client secret that the Azure CLI signed in with has expired or is wrong",
    todo: "Create a new one (az ad app credential reset --id CLIENT_ID) or use a federated token, then sign in with az login --service-principal.",
  },
  "entra-busy": {
    patterns: [/AADSTS(?:90006|90012|90024|90033)\b|temporarily_unavailable/],
    passes: true,
    what: "Microsoft Entra ID reported a transient error",
    todo: health,
  },
  "sign-in-expired": {
    patterns: [
      /AADSTS(?:50078|50089|50132|50133|50173|70008|700082|700084|70043)\b|ExpiredAuthenticationToken/,
      /Can't find token from MSAL cache/,
    ],
    what: "the Azure CLI's sign-in has expired or was revoked",
    todo: `Sign in again ${signIn}. Also check the clock of this machine.`,
  },
  "sign-in-refused": {
    patterns: [/(AADSTS\d+)/],
    what: "Microsoft Entra ID refused the Azure CLI's sign-in ({1})",
    todo: `https://login.microsoftonline.com/error explains the code. Sign in again ${signIn}.`,
  },
  "deny-assignment": {
    patterns: [/DenyAssignmentAuthorizationFailed|because of the deny assignment/],
    what: "a deny assignment forbids the change",
    todo: "No role overrides it. Ask the owner of the managed application or deployment stack that created it.",
  },
  "may-not-change": {
    patterns: [
      /not have authorization to perform action '(Microsoft\.App\/containerApps\/(?:read|write))' over scope '([^']+)'/i,
    ],
    what: "the Azure CLI's account lacks the permission {1} on {2}",
    todo: "The role 'Container Apps Contributor' includes all permissions that this step needs. Assign it, and wait a few minutes until it takes effect: az role assignment create --role 'Container Apps Contributor' --assignee ACCOUNT --scope /subscriptions/{subscription}/resourceGroups/{group}.",
  },
  "may-not": {
    patterns: [/perform action(?:\(s\))? '([^']+)'/i],
    what: "the Azure CLI's account lacks the permission {1}",
    todo: "Assign it a role that includes this action with az role assignment create, and wait a few minutes until it takes effect.",
  },
  policy: {
    patterns: [/RequestDisallowedByPolicy/, /disallowed by policy/i],
    what: "Azure Policy forbids the change",
    todo: "Comply with the policy that the message above names, or ask its owner for an exemption (az policy exemption create).",
  },
  locked: {
    patterns: [/scope\(s\) are locked: '([^']+)'/, /ScopeLocked/],
    what: "a read-only lock forbids the change",
    todo: "Find it with az lock list --resource-group {group} --subscription {subscription} (without --resource-group for a lock on the subscription), then remove it with az lock delete.",
  },
  "subscription-disabled": {
    patterns: [/ReadOnlyDisabledSubscription|DisabledSubscription|is disabled and therefore marked as read only/],
    what: "subscription {subscription} is disabled, so nothing in it can be changed",
    todo: "Reactivate it: https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-disabled.",
  },
  "subscription-unseen": {
    patterns: [
      /SubscriptionNotFound|InvalidSubscriptionId|InvalidAuthenticationTokenTenant/,
      /The subscription of '[^']*' doesn't exist|Subscription '[^']*' not found/,
      /No subscriptions? (?:was |were )?found/,
    ],
    what: "the Azure CLI's account cannot see subscription {subscription}",
    todo: "Sign in to its tenant: az login --tenant TENANT (az account list --all shows the subscriptions that the CLI knows).",
  },
  "provider-unregistered": {
    patterns: [/is not registered for the Microsoft\.App resource provider|MissingSubscriptionRegistration/],
    what: "subscription {subscription} is not registered for Container Apps",
    todo: "Register it: az provider register --namespace Microsoft.App --subscription {subscription} --wait.",
  },
  "signed-out": {
    patterns: [
      /Please run 'az login'|does not exist in MSAL token cache|There are no active accounts/,
      /Could not retrieve credential from local cache/,
    ],
    what: "the Azure CLI is not signed in",
    todo: `Sign in ${signIn}.`,
  },
  "operation-running": {
    patterns: [/OperationInProgress/, /another operation (?:is|that is) (?:already )?(?:in progress|running)/i],
    passes: true,
    what: "another operation is running on the app or its environment",
    todo: "Wait until it finishes. To check the app: az containerapp show --name {app} --resource-group {group} --subscription {subscription} --query properties.provisioningState",
  },
  throttled: {
    patterns: [/TooManyRequests|Throttl/, /Too Many Requests/i],
    passes: true,
    what: "Azure throttled the request (429)",
    todo: "Wait a few minutes.",
  },
  "server-error": {
    patterns: [
      /Internal ?Server ?Error|Service ?(?:Temporarily ?)?Unavailable|Bad ?Gateway|Gateway ?Time-?out/i,
      /Server(?:Timeout|Busy)/,
    ],
    passes: true,
    what: "Azure answered with a server error",
    todo: health,
  },
  connection: {
    patterns: [
      /Max retries exceeded|RemoteDisconnected|Failed to establish a new connection|IncompleteRead/,
      /Connection (?:aborted|reset|refused|broken)|(?:Read|Connection(?: to \S+)?) timed out/i,
      /(?:Connect|Read)Timeout|TimeoutError/,
    ],
    passes: true,
    what: "the connection to {host} failed or timed out",
    todo: network,
  },
  "app-gone": {
    patterns: [/ResourceNotFound|ResourceGroupNotFound/],
    what: "container app {app} was not found in resource group {group}",
    todo: "A refresh lets Pulumi notice this, and the update then creates the app again.",
    next: "Run: pulumi up --refresh",
  },
  "token-refused": {
    patterns: [/InvalidAuthenticationToken|AuthenticationFailed|\bUnauthorized\b|az login/],
    what: "Azure did not accept the Azure CLI's sign-in",
    todo: `Sign in again ${signIn}.`,
  },
  forbidden: {
    patterns: [/AuthorizationFailed|\bForbidden\b/],
    what: "Azure, or a firewall in between, answered 403 (Forbidden)",
    todo: "If it was Azure, assign the Azure CLI's account a role such as 'Container Apps Contributor' (az role assignment create). If it was a firewall, allow this machine there.",
  },
  // az prints this for any failed read. The step reads again to learn the reason; if that works, it was transient.
  "read-failed": {
    patterns: [/does not exist in group/],
    passes: true,
    what: "the Azure CLI could not read the app",
    todo: health,
  },
};

/** All kinds, in the order of the table. @type {readonly FailureKind[]} */
export const failureKinds = Object.entries(table).map(([id, kind]) => ({ id, passes: false, ...kind }));
