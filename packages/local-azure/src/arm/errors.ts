/**
 * An error response. {@link errors} has one factory per error. Status, code and message are Azure's if a public
 * recording or Azure's documentation shows them; docs/local-azure.md lists the codes that are this project's own.
 */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /** Response body in ARM's common error form: `{"error": {"code", "message"}}`. */
  get body(): { error: { code: string; message: string } } {
    return { error: { code: this.code, message: this.message } };
  }
}

const notFoundHelp = "For more details please go to https://aka.ms/ARMResourceNotFoundFix";

export const errors = {
  authenticationMissing: (authority: string) =>
    new ArmError(
      401,
      "AuthenticationFailed",
      "Authentication failed. The 'Authorization' header is missing.",
      challenge(authority, "AuthenticationFailed"),
    ),
  invalidToken: (authority: string, why: string) =>
    new ArmError(401, "InvalidAuthenticationToken", why, challenge(authority, "invalid_token")),
  subscriptionNotFound: (subscription: string) =>
    new ArmError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`),
  missingApiVersion: () =>
    new ArmError(
      400,
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    ),
  invalidApiVersion: (got: string) =>
    new ArmError(
      400,
      "InvalidApiVersionParameter",
      `The api-version '${got}' is invalid. The supported versions are dates like '2025-07-01' or '2025-07-01-preview'.`,
    ),
  unsupportedApiVersion: (type: string, version: string, supported: readonly string[]) =>
    new ArmError(
      400,
      "NoRegisteredProviderFound",
      `No registered resource provider found for API version '${version}' for type '${type}'. ` +
        `The supported api-versions are '${supported.join(", ")}'.`,
    ),
  groupNotFound: (group: string) =>
    new ArmError(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`),
  /** Error of the operation, from a public capture of `az deployment operation group list`. */
  imageNotFound: (app: string, container: string, image: string) => {
    const tag = /:([^/:]+)$/.exec(image.replace(/@.*$/, ""))?.[1] ?? "latest";
    return new ArmError(
      400,
      "ContainerAppOperationError",
      `Failed to provision revision for container app '${app}'. Error details: The following field(s) are either invalid or ` +
        `missing. Field 'template.containers.${container}.image' is invalid with details: 'Invalid value: "${image}": GET ` +
        `https:: MANIFEST_UNKNOWN: manifest tagged by "${tag}" is not found; map[Tag:${tag}]';..`,
    );
  },
  resourceNotFound: (type: string, name: string, group: string) =>
    new ArmError(
      404,
      "ResourceNotFound",
      `The Resource '${type}/${name}' under resource group '${group}' was not found. ${notFoundHelp}`,
    ),
  revisionNotFound: (revision: string, app: string) =>
    new ArmError(404, "RevisionNotFound", `Revision '${revision}' was not found in container app '${app}'.`),
  replicaNotFound: (replica: string, revision: string) =>
    new ArmError(404, "ReplicaNotFound", `Replica '${replica}' was not found in revision '${revision}'.`),
  operationNotFound: (id: string) => new ArmError(404, "OperationNotFound", `Operation '${id}' was not found.`),
  environmentNotFound: (id: string) =>
    new ArmError(400, "InvalidParameterValueInEnvironmentId", `The managed environment '${id}' does not exist.`),
  groupDeprovisioning: (group: string) =>
    new ArmError(
      409,
      "ResourceGroupBeingDeleted",
      `The resource group '${group}' is in deprovisioning state and cannot perform this operation.`,
    ),
  locationConflict: (name: string, existing: string, wanted: string) =>
    new ArmError(
      409,
      "InvalidResourceLocation",
      `The resource '${name}' already exists in location '${existing}'. A resource with the same name cannot be created in location '${wanted}'. Please select a new resource name.`,
    ),
  operationInProgress: (app: string) =>
    new ArmError(
      409,
      "ContainerAppOperationInProgress",
      `Cannot modify a container app '${app}' because there is an active provisioning operation in progress. Please try again later.`,
    ),
  environmentOperationInProgress: (environment: string) =>
    new ArmError(
      409,
      "ManagedEnvironmentOperationInProgress",
      `Cannot modify Container Apps environment ${environment} because another operation is in progress.`,
    ),
  environmentInUse: (environment: string, apps: readonly string[]) =>
    new ArmError(
      409,
      "ManagedEnvironmentNotEmpty",
      `Managed environment '${environment}' still contains these container apps: ${apps.join(", ")}. Delete them first.`,
    ),
  preconditionFailed: (given: string) =>
    new ArmError(412, "PreconditionFailed", `The If-Match header '${given}' does not match the resource's ETag.`),
  invalid: (code: string, message: string) => new ArmError(400, code, message),
  invalidBody: (problems: readonly string[]) =>
    new ArmError(400, "InvalidRequestBody", `The request body is not valid. ${problems.join(" ")}`),
  malformedJson: (why: string) =>
    new ArmError(
      400,
      "InvalidRequestContent",
      `The request content was invalid and could not be deserialized: '${why}'.`,
    ),
  tooLarge: (limit: number) =>
    new ArmError(413, "RequestEntityTooLarge", `The request content is larger than the limit of ${limit} bytes.`),
  wrongContentType: (got: string) =>
    new ArmError(
      415,
      "UnsupportedMediaType",
      `The content media type '${got}' is not supported. Only 'application/json' is supported.`,
    ),
  /** `target`: host of the request, or its address if that has none. */
  hostNotLoopback: (target: string) =>
    new ArmError(
      403,
      "HostNotLoopback",
      `The local Azure only answers requests to 127.0.0.1 or localhost, got '${target}'.`,
    ),
  notImplemented: (what: string) =>
    new ArmError(501, "NotImplementedByLocalAzure", `The local Azure does not support ${what}.`),
};

/** Challenge header (RFC 6750). Azure's clients read the sign-in address from it. */
const challenge = (authority: string, error: string): Record<string, string> => ({
  "www-authenticate": `Bearer authorization_uri="${authority}", error="${error}"`,
});
