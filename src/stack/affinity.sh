# Runs the az command line given as $0 until it succeeds: a retry around it, and words for what stops it.
# Waits out what passes by itself (another operation on the app, 429, 5xx) with backoff, under one limit for all.
limit=${AFFINITY_LIMIT_SECONDS:-600}
delay=${AFFINITY_RETRY_SECONDS:-2}
end=$(($(date +%s) + limit))
# The extension of the same name is older than the command in the CLI itself; asking for it would wait for an answer.
export AZURE_EXTENSION_USE_DYNAMIC_INSTALL=no

stop() { printf '%s\n%s\n' "$output" "$1" >&2; exit 1; }

while :; do
  output=$(eval "$0" </dev/null 2>&1) && exit 0
  code=$?
  case $output in
    *"does not exist in group"*)
      # The CLI says this of any read that failed: signed out, another subscription, a passing 503. Reading says which it is.
      reason=$(az containerapp show --name "$APP_NAME" --resource-group "$RESOURCE_GROUP" --subscription "$SUBSCRIPTION_ID" \
        --only-show-errors --output none </dev/null 2>&1) || output=$reason ;;
  esac
  case $output in
    # These two come as "Max retries exceeded" as well, but do not pass by themselves.
    *SSLCertVerificationError* | *CERTIFICATE_VERIFY_FAILED* | *"Certificate verification failed"*)
      stop "The Azure CLI does not trust the certificate that it was shown: put the proxy's own into REQUESTS_CA_BUNDLE (https://learn.microsoft.com/cli/azure/use-cli-effectively#work-behind-a-proxy), then pulumi up." ;;
    *"Name or service not known"* | *"nodename nor servname"* | *"No address associated with hostname"*)
      stop "The Azure CLI does not find Azure's address: see the name servers and HTTPS_PROXY here, and az cloud show, then pulumi up." ;;
    *"does not exist in group"* | \
    *ContainerAppOperationInProgress* | *OperationInProgress* | *TooManyRequests* | *"Too Many Requests"* | *Throttl* | \
    *InternalServerError* | *"Internal Server Error"* | *ServiceUnavailable* | *"Service Unavailable"* | *BadGateway* | *"Bad Gateway"* | \
    *GatewayTimeout* | *"Gateway Timeout"* | *ServerTimeout* | *"Connection aborted"* | *"Connection reset"* | *"Max retries exceeded"*) ;;
    *ResourceNotFound* | *ResourceGroupNotFound*)
      stop "The container app is gone: pulumi up --refresh makes it again." ;;
    *"az: not found"* | *"az: command not found"* | *"az: No such file"*)
      stop "The Azure CLI is not installed here, or not on the PATH: https://aka.ms/azure-cli, then pulumi up." ;;
    # Before the sign-in: Azure ends this message with "please refresh your credentials".
    *AuthorizationFailed* | *Forbidden* | *"does not have authorization"*)
      stop "The account of the Azure CLI may not change the app: it needs Microsoft.App/containerApps/write on it, as the role 'Container Apps Contributor' has, then pulumi up." ;;
    *"az login"* | *AADSTS* | *ExpiredAuthenticationToken* | *"(InvalidAuthenticationToken)"* | *AuthenticationFailed*)
      stop "The Azure CLI is not signed in: az login (in a pipeline: az login --service-principal or --identity), then pulumi up." ;;
    *SubscriptionNotFound* | *InvalidSubscriptionId* | *InvalidAuthenticationTokenTenant* | \
    *"The subscription of"* | *"ubscription"*"not found"* | *"ubscription"*"doesn't exist"*)
      stop "The account of the Azure CLI does not see subscription $SUBSCRIPTION_ID: az login --tenant with the tenant that has it (az account list shows what it sees), then pulumi up." ;;
    *"not in the 'az' command group"* | *"misspelled or not recognized"* | *"unrecognized arguments"*)
      stop "This Azure CLI does not know the command: az upgrade (2.51 or later), then pulumi up." ;;
    *) stop "az ended with exit code $code. Run the command by hand with --debug to see more, then pulumi up." ;;
  esac
  [ $(($(date +%s) + delay)) -lt "$end" ] || stop "Still so after $limit s: wait until the other operation on the app has ended (az containerapp show --query properties.provisioningState), then pulumi up."
  echo "session affinity: trying again in $delay s: $(printf '%s' "$output" | tail -n 1)" >&2
  sleep "$delay"
  delay=$((delay * 2))
  [ "$delay" -le 30 ] || delay=30
done
