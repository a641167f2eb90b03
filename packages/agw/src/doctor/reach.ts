import { azOptions, type Facts } from "./facts.ts";

/** Why an app that is well may not answer this look at its own address; undefined where it has to. */
export function outOfReach({ app }: Facts, url: string): string | undefined {
  if (app.kind === "unseen" || new URL(url).host !== app.value.fqdn) return undefined;
  if (!app.value.external) return "the address is internal, and has to be looked at from inside its network";
  return app.value.transport === "tcp" ? "its ingress speaks TCP, and this look HTTP" : undefined;
}

/** Why the app's ingress itself answered, as it is set to; undefined where nothing says that it did. */
export function refusalOf(
  { app, target }: Facts,
  url: string,
  status: number,
): { why: string; more: string } | undefined {
  if (app.kind === "unseen" || target === undefined || new URL(url).host !== app.value.fqdn) return undefined;
  const options = azOptions(target).join(" ");
  if (/^Stopped/i.test(app.value.runningStatus ?? "")) {
    return { why: "the app is stopped", more: `az containerapp show ${options} --query properties.runningStatus` };
  }
  if (status === 403 && app.value.ipRestrictions > 0) {
    const more = `az containerapp ingress access-restriction list ${options}`;
    return { why: "the app's IP restrictions may refuse this address", more };
  }
  if (status === 403 && app.value.asksForCertificate) {
    const more = `curl --verbose --cert FILE --key FILE ${new URL("/mcp", url).href}`;
    return { why: "the app asks for a client certificate, and this look shows none", more };
  }
  return undefined;
}

/** Whether affinity should show as a cookie; undefined where nobody can say. */
export function expected({ wanted, app }: Facts): "sticky" | "none" | undefined {
  return app.kind === "seen" ? app.value.affinity : wanted;
}
