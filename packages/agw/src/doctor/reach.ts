import { azOptions, type Facts } from "./facts.ts";

export const certificateMissing = "the gateway requires a client certificate, and the doctor sends none";

/** The command that shows whether the gateway accepts a client with a certificate. */
export const curlWithCertificate = (url: string): string =>
  `curl --verbose --cert FILE --key FILE ${new URL("/mcp", url).href}`;

/** Returns why a healthy app may not answer the doctor's request at its address, or undefined if it must answer. */
export function outOfReach({ app }: Facts, url: string): string | undefined {
  if (app.kind === "unseen" || new URL(url).host !== app.value.fqdn) return undefined;
  if (!app.value.external) return "the address is internal, so check it from inside its network";
  return app.value.transport === "tcp" ? "the ingress is TCP, and the doctor sends HTTP" : undefined;
}

/** Returns why the ingress may have answered instead of a replica, or undefined if its settings give no reason. */
export function refusalOf(
  { app, target }: Facts,
  url: string,
  status: number,
): { why: string; command: string } | undefined {
  if (app.kind === "unseen" || target === undefined || new URL(url).host !== app.value.fqdn) return undefined;
  const options = azOptions(target).join(" ");
  if (/^Stopped/i.test(app.value.runningStatus ?? "")) {
    return { why: "the app is stopped", command: `az containerapp show ${options} --query properties.runningStatus` };
  }
  if (status === 403 && app.value.ipRestrictions > 0) {
    const command = `az containerapp ingress access-restriction list ${options}`;
    return { why: "the app's IP restrictions may block this machine", command };
  }
  if (status === 403 && app.value.asksForCertificate) {
    return { why: certificateMissing, command: curlWithCertificate(url) };
  }
  return undefined;
}

/** Returns whether an affinity cookie is expected, or undefined if that is unknown. */
export function expected({ wanted, app }: Facts): "sticky" | "none" | undefined {
  return app.kind === "seen" ? app.value.affinity : wanted;
}
