import { isIP } from "node:net";
import type { AppBody, Container } from "../model/app.ts";

/**
 * Values that the published models take and the service does not: numbers out of their range, addresses that are none,
 * names that occur twice. Pure; all problems, each with its path. Ranges: what the published
 * models say in words (`ContainerAppProbe` of `@azure/arm-appcontainers`) but not in constraints.
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
            `${at}.ingress.ipSecurityRestrictions[${index}].ipAddressRange: must be an address or a range like 10.0.0.0/8.`,
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
  return [...new Set(twice)].map((name) => `${path}: the name '${name}' occurs more than once.`);
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
  return ["$.properties.template.revisionSuffix: must be lower-case letters, digits and single '-', not at its start."];
}

/** Startup probes may try 240 times, which is what the service's own default does. */
function probes({ probes: list = [] }: Container, container: number): string[] {
  return list.flatMap((probe, index) => {
    const path = `$.properties.template.containers[${container}].probes[${index}]`;
    const port = probe.httpGet?.port ?? probe.tcpSocket?.port;
    const how =
      (probe.httpGet === undefined) === (probe.tcpSocket === undefined)
        ? [`${path}: needs httpGet or tcpSocket, one of them.`]
        : [];
    return [
      ...how,
      ...within(`${path}.port`, port, 1, 65_535),
      ...within(`${path}.initialDelaySeconds`, probe.initialDelaySeconds, 0, 60),
      ...within(`${path}.periodSeconds`, probe.periodSeconds, 1, 240),
      ...within(`${path}.timeoutSeconds`, probe.timeoutSeconds, 1, 240),
      ...within(`${path}.failureThreshold`, probe.failureThreshold, 1, probe.type === "Startup" ? 240 : 10),
      ...within(`${path}.successThreshold`, probe.successThreshold, 1, 10),
    ];
  });
}
