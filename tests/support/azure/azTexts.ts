/**
 * Output of az for each kind of failure: observed with az 2.91 (against the local Azure and {@link
 * file://./scriptedAzure.ts}), or taken from the source of az, MSAL, requests and urllib3, or from public reports.
 */
const texts: Readonly<Record<string, readonly string[]>> = {
  "az-missing": [
    "spawn az ENOENT",
    "'az' is not recognized as an internal or external command,\r\noperable program or batch file.",
  ],
  "az-too-old": [
    "'containerapp' is misspelled or not recognized by the system.",
    "'sticky-sessions' is misspelled or not recognized by the system.",
    "az: 'containerapp' is not in the 'az' command group. See 'az --help'.",
    "The command requires the extension containerapp. Unable to prompt for extension install confirmation as no tty available. Run 'az config set extension.use_dynamic_install=yes_without_prompt' to allow installing extensions without prompt.",
    "unrecognized arguments: --affinity sticky",
  ],
  "az-killed": ["az was ended by SIGKILL"],
  certificate: [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)')))\nCertificate verification failed. This typically happens when using Azure CLI behind a proxy that intercepts traffic with a self-signed certificate.",
  ],
  "proxy-sign-in": [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required')))",
  ],
  "proxy-busy": [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 503 Service Unavailable')))",
  ],
  "proxy-refuses": [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden')))",
  ],
  "proxy-unreachable": [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by ProxyError('Unable to connect to proxy', NewConnectionError(\"HTTPSConnection(host='127.0.0.1', port=9): Failed to establish a new connection: [Errno 111] Connection refused\")))",
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by ProxyError('Cannot connect to proxy.', ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f>, 'Connection to proxy timed out.')))",
  ],
  "tls-cut": [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by SSLError(SSLEOFError(8, '[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1016)')))\nCertificate verification failed. This typically happens when using Azure CLI behind a proxy that intercepts traffic with a self-signed certificate.",
  ],
  tls: [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)')))",
  ],
  "name-temporary": [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: / (Caused by NameResolutionError(\"HTTPSConnection(host='management.azure.com', port=443): Failed to resolve 'management.azure.com' ([Errno -3] Temporary failure in name resolution)\"))",
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: / (Caused by NameResolutionError(\"Failed to resolve 'management.azure.com' ([Errno 11002] getaddrinfo failed)\"))",
  ],
  "name-unknown": [
    "HTTPSConnectionPool(host='management.azure.invalid', port=443): Max retries exceeded with url: /subscriptions (Caused by NameResolutionError(\"Failed to resolve 'management.azure.invalid' ([Errno -2] Name or service not known)\"))",
    "HTTPSConnectionPool(host='management.azure.invalid', port=443): Max retries exceeded with url: /subscriptions (Caused by NameResolutionError(\"Failed to resolve 'management.azure.invalid' ([Errno 8] nodename nor servname provided, or not known)\"))",
    "HTTPSConnectionPool(host='management.azure.invalid', port=443): Max retries exceeded with url: /subscriptions (Caused by NameResolutionError(\"Failed to resolve 'management.azure.invalid' ([Errno 11001] getaddrinfo failed)\"))",
  ],
  "second-factor": [
    'AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access \'797f4846-ba00-4fd7-ba43-dac1f8f63013\'. Trace ID: t Correlation ID: c Timestamp: 2026-11-27 06:11:15Z\nRun the command below to authenticate interactively; additional arguments may be added as needed:\naz logout\naz login --tenant "t" --scope "https://management.core.windows.net//.default"',
    "AADSTS50079: Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013'.",
    "(RequestDisallowedByPolicy) Resource 'app' was disallowed by policy. Reasons: 'Users must authenticate with multi-factor authentication to create or update resources.'",
  ],
  "conditional-access": [
    "AADSTS53003: Access has been blocked by Conditional Access policies. The access policy does not allow token issuance. Trace ID: t Correlation ID: c Timestamp: 2026-11-27 15:16:48Z",
  ],
  "federated-token-expired": [
    "AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-27T06:11:15.1049397Z, assertion valid from 2026-11-27T06:01:13.0000000Z, expiry time of assertion 2026-11-27T06:06:13.0000000Z. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials . Trace ID: t Correlation ID: c Timestamp: 2026-11-27 06:11:15Z\nRun the command below to authenticate interactively; additional arguments may be added as needed:\naz logout\naz login",
  ],
  "federated-credential": [
    "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:me/it:ref:refs/heads/main'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
    "AADSTS700016: Application with identifier 'c' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
  ],
  "secret-expired": [
    "AADSTS7000222: The provided client secret keys for app 'c' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security.",
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'c'.",
  ],
  "entra-busy": ["AADSTS90033: A transient error has occurred. Please try again."],
  "sign-in-expired": [
    "AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.",
    "AADSTS700082: The refresh token has expired due to inactivity. The token was issued on 2026-01-01T00:00:00.0000000Z and was inactive for 90.00:00:00.",
    "(ExpiredAuthenticationToken) The access token expiry UTC time '11/27/2026 5:11:15 AM' is earlier than current UTC time '11/27/2026 6:11:15 AM'.",
    "Can't find token from MSAL cache.\nTo re-authenticate, please run:\naz login",
  ],
  "sign-in-refused": [
    "AADSTS500011: The resource principal named https://x was not found in the tenant named Contoso.",
  ],
  "deny-assignment": [
    "(DenyAssignmentAuthorizationFailed) The client 'c' with object id 'o' has permission to perform action 'Microsoft.App/containerApps/write' on scope '/subscriptions/sub-1'; however, the access is denied because of the deny assignment with name 'd' and Id '1' at scope '/subscriptions/sub-1'.",
  ],
  "may-not-change": [
    "(AuthorizationFailed) The client 'c-1' with object id 'o-1' does not have authorization to perform action 'Microsoft.App/containerApps/read' over scope '/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.App/containerApps/app' or the scope is invalid. If access was recently granted, please refresh your credentials.",
    "(AuthorizationFailed) The client 'c-1' with object id 'o-1' does not have authorization to perform action 'Microsoft.App/containerApps/write' over scope '/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.App/containerApps/app' or the scope is invalid. If access was recently granted, please refresh your credentials.",
  ],
  "may-not": [
    "(LinkedAuthorizationFailed) The client 'c' with object id 'o' has permission to perform action 'Microsoft.App/containerApps/write' on scope '/subscriptions/sub-1'; however, it does not have permission to perform action(s) 'Microsoft.App/managedEnvironments/join/action' on the linked scope(s) '/subscriptions/sub-2' (respectively) or the linked scope(s) are invalid.",
    "(AuthorizationFailed) The client 'c' with object id 'o' does not have authorization to perform action 'Microsoft.App/locations/containerappOperationStatuses/read' over scope '/subscriptions/sub-1' or the scope is invalid.",
  ],
  policy: [
    '(RequestDisallowedByPolicy) Resource \'app\' was disallowed by policy. Policy identifiers: \'[{"policyAssignment":{"name":"no public apps","id":"/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Authorization/policyAssignments/p"}}]\'.',
  ],
  locked: [
    "(ScopeLocked) The scope '/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.App/containerApps/app' cannot perform write operation because following scope(s) are locked: '/subscriptions/sub-1/resourceGroups/rg'. Please remove the lock and try again.",
  ],
  "subscription-disabled": [
    "(ReadOnlyDisabledSubscription) The subscription 'sub-1' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.",
  ],
  "subscription-unseen": [
    "(SubscriptionNotFound) The subscription 'sub-1' could not be found.",
    "(InvalidSubscriptionId) The provided subscription identifier 'sub' is malformed or invalid.",
    "The subscription of 'sub-1' doesn't exist in cloud 'AzureCloud'.",
    "Subscription 'sub-1' not found. Check the spelling and casing and try again.",
    "(InvalidAuthenticationTokenTenant) The access token is from the wrong issuer 'https://sts.windows.net/1/'. It must match the tenant 'https://sts.windows.net/2/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/2' to get the token.",
  ],
  "provider-unregistered": [
    'Subscription sub-1 is not registered for the Microsoft.App resource provider. Please run "az provider register -n Microsoft.App --wait" to register your subscription.',
    "(MissingSubscriptionRegistration) The subscription is not registered to use namespace 'Microsoft.App'. See https://aka.ms/rps-not-found for how to register subscriptions.",
  ],
  "signed-out": [
    "Please run 'az login' to setup account.",
    "User 'me' does not exist in MSAL token cache. Run `az login`.",
    "Could not retrieve credential from local cache for service principal p-1. Run `az login` for this service principal.",
  ],
  "operation-running": [
    "(ContainerAppOperationInProgress) Cannot modify a container app while another operation runs.",
    "(AnotherOperationInProgress) Another operation on this or dependent resource is in progress.",
  ],
  throttled: [
    "(TooManyRequests) Rate limit is exceeded.",
    "Operation returned an invalid status 'Too Many Requests'",
    "(SubscriptionRequestsThrottled) Number of 'write' requests for subscription 'sub-1' exceeded the limit. Please try again after '4' seconds.",
  ],
  "server-error": [
    "(InternalServerError) An error occurred.",
    "(ServiceUnavailable) The service is unavailable.",
    "Bad Gateway(<html><body>502</body></html>)",
    "(GatewayTimeout) The gateway did not receive a response.",
    "Gateway Time-out(<html></html>)",
  ],
  connection: [
    "HTTPSConnectionPool(host='management.azure.com', port=443): Read timed out. (read timeout=300)",
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: / (Caused by ConnectTimeoutError(<HTTPSConnection(host='management.azure.com', port=443) at 0x7f>, 'Connection to management.azure.com timed out. (connect timeout=300)'))",
    "('Connection aborted.', TimeoutError(110, 'Connection timed out'))",
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: / (Caused by NewConnectionError('Failed to establish a new connection: [Errno 111] Connection refused'))",
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
    "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
    "('Connection broken: IncompleteRead(15 bytes read, 4985 more expected)', IncompleteRead(15 bytes read, 4985 more expected))",
  ],
  "app-gone": [
    "(ResourceNotFound) The Resource 'Microsoft.App/containerApps/app' under resource group 'rg' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    "(ResourceGroupNotFound) Resource group 'rg' could not be found.",
  ],
  "token-refused": [
    "(InvalidAuthenticationToken) The access token is invalid.",
    "(AuthenticationFailed) Authentication failed.",
    "Unauthorized({})\nInteractive authentication is needed. Please run:\naz logout\naz login",
  ],
  forbidden: ["Forbidden(<html>Blocked by the firewall</html>)"],
  "read-failed": ["The containerapp 'app' does not exist in group 'rg'"],
};

/** Each text with its kind of failure, and its start for titles. */
export const azTexts = Object.entries(texts).flatMap(([id, list]) =>
  list.map((text) => ({ id, text, start: text.slice(0, 100).split("\n")[0] })),
);
