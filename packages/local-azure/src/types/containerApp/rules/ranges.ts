import { isIP } from "node:net";
import type { AppBody, Container } from "../model/app.ts";

/**
 * Returns problems that the published models don't catch, each with its path: numbers out of range, invalid addresses
 * and duplicate names. Ranges of probes are those in the comments of the models (`ContainerAppProbe` in
 * `@azure/arm-appcontainers`).
 */
export function outOfRange(body: AppBody): string[] {
  const { configuration, template } = body.properties;
  const { ingress, secrets = [] } = configuration;
  const at = "$.properties.configuration";
  const ranges = ingress?.ipSecurityRestrictions ?? [];
  const rules = template.scale?.rules ?? [];
  return [
    ...within(`${at}.ingress.targetPort`, ingress?.targetPort, 0, 65_535),
    ...ranges.flatMap(({ ipAddressRange }, index) =>
      isRange(ipAddressRange)
        ? []
        : [
            `${at}.ingress.ipSecurityRestrictions[${index}].ipAddressRange: must be an IP address or a CIDR range such as 10.0.0.0/8, got '${ipAddressRange}'.`,
          ],
    ),
    ...duplicates(`${at}.secrets`, secrets),
    ...within("$.properties.template.terminationGracePeriodSeconds", template.terminationGracePeriodSeconds, 0, 600),
    ...suffix(template.revisionSuffix),
    ...rules.flatMap(({ http }, index) => {
      const value = http?.metadata?.concurrentRequests;
      const path = `$.properties.template.scale.rules[${index}].http.metadata.concurrentRequests`;
      return value === undefined ? [] : within(path, Number(value), 1, 1_000_000);
    }),
    ...duplicates("$.properties.template.containers", template.containers ?? []),
    ...(template.containers ?? []).flatMap(probes),
  ];
}

function within(path: string, value: number | undefined, least: number, most: number): string[] {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return [];
  return [`${path}: must be a whole number from ${least} to ${most}, got ${value}.`];
}

function duplicates(path: string, items: readonly { readonly name?: string }[]): string[] {
  const names = items.map(({ name }) => name ?? "");
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => `${path}: contains the name '${name}' more than once.`);
}

function isRange(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const bits = isIP(address) === 6 ? 128 : 32;
  const length = Number(prefix ?? bits);
  return (
    isIP(address) !== 0 &&
    rest.length === 0 &&
    prefix !== "" &&
    Number.isInteger(length) &&
    length >= 0 &&
    length <= bits
  );
}

function suffix(value: string | undefined): string[] {
  if (value === undefined || value === "" || /^[a-z0-9]([a-z0-9]|-(?!-)){0,62}$/.test(value)) return [];
  return [
    `$.properties.template.revisionSuffix: must be at most 63 lower-case letters, digits and single '-', and must not start with '-', got '${value}'.`,
  ];
}

/** Startup probes allow 240 failures, because Azure's default startup probe does. */
function probes({ probes: list = [] }: Container, container: number): string[] {
  return list.flatMap((probe, index) => {
    const path = `$.properties.template.containers[${container}].probes[${index}]`;
    const { httpGet, tcpSocket } = probe;
    const how =
      (httpGet === undefined) === (tcpSocket === undefined) ? [`${path}: must have either httpGet or tcpSocket.`] : [];
    return [
      ...how,
      ...within(`${path}.httpGet.port`, httpGet?.port, 1, 65_535),
      ...within(`${path}.tcpSocket.port`, tcpSocket?.port, 1, 65_535),
      ...within(`${path}.initialDelaySeconds`, probe.initialDelaySeconds, 0, 60),
      ...within(`${path}.periodSeconds`, probe.periodSeconds, 1, 240),
      ...within(`${path}.timeoutSeconds`, probe.timeoutSeconds, 1, 240),
      ...within(`${path}.failureThreshold`, probe.failureThreshold, 1, probe.type === "Startup" ? 240 : 10),
      ...within(`${path}.successThreshold`, probe.successThreshold, 1, 10),
    ];
  });
}
