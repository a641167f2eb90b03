import { errors } from "../../../arm/errors.ts";
import { configuration, type Rule } from "./rule.ts";

const invalid = errors.invalid;

/** A PATCH that sets only affinity on an app without ingress would create an ingress without a port. */
export const ingressHasPort: Rule = (body) => {
  const { ingress } = configuration(body);
  if (ingress === undefined || (ingress.targetPort ?? 0) > 0 || ingress.external !== undefined) return undefined;
  return ingress.stickySessions === undefined
    ? invalid("ContainerAppInvalidIngress", "Ingress must have 'targetPort' or 'external'.")
    : invalid("ContainerAppInvalidStickySessions", "Sticky sessions require ingress with 'targetPort' or 'external'.");
};

export const stickyNeedsSingleHttp: Rule = (body) => {
  const { ingress, activeRevisionsMode } = configuration(body);
  if (ingress?.stickySessions?.affinity !== "sticky") return undefined;
  if (activeRevisionsMode !== "Single") {
    return invalid(
      "ContainerAppInvalidStickySessions",
      `Sticky sessions require activeRevisionsMode 'Single', got '${activeRevisionsMode}'.`,
    );
  }
  if (ingress.transport === "Tcp") {
    return invalid("ContainerAppInvalidStickySessions", "Sticky sessions require HTTP ingress, got transport 'Tcp'.");
  }
  return undefined;
};

/** Azure's code and message: Azure/azure-dev#3428. */
export const externalTcpHasNetwork: Rule = (body, _name, { vnetConfiguration }) => {
  const { ingress } = configuration(body);
  const { infrastructureSubnetId } = (vnetConfiguration ?? {}) as { infrastructureSubnetId?: string | null };
  if (ingress?.transport !== "Tcp" || ingress.external !== true || infrastructureSubnetId) return undefined;
  return invalid(
    "ContainerAppTcpRequiresVnet",
    "Applications with external TCP ingress can only be deployed to Container App Environments that have a custom VNET. Set ingress traffic to 'Limited to Container Apps Environment' if you want to deploy to a Container App Environment without a custom VNET. For more information on custom VNETs, please visit https://go.microsoft.com/fwlink/?linkid=2238174",
  );
};

/**
 * Client certificates are refused in every mode, even `ignore`, with Azure's code and message (Azure/azure-cli#28864,
 * #28930). allowInsecure: azure-container-apps#375, but the message isn't Azure's.
 */
export const tcpHasNoHttpSettings: Rule = (body) => {
  const { ingress } = configuration(body);
  if (ingress?.transport !== "Tcp") return undefined;
  if (ingress.clientCertificateMode !== undefined) {
    return invalid(
      "ContainerAppInvalidIngressClientCertificateModeForTcpApp",
      "Client certificate mode can only be set for http transport.",
    );
  }
  return ingress.allowInsecure === true
    ? invalid("ContainerAppInvalidIngress", "Ingress with transport 'Tcp' cannot have 'allowInsecure'.")
    : undefined;
};
