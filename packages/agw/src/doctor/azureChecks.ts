import type { SeenApp } from "./checkNeeds.ts";
import { type CheckResult, notOk, ok, unknown } from "./checkResult.ts";
import { type App, azOptions, type Facts, type Target } from "./facts.ts";

export function signedIn(_app: Target, { account }: Facts): CheckResult {
  if (account.kind === "seen") return ok(account.value.user || "yes");
  if (account.reason === "az missing") return notOk(account.message, "https://aka.ms/azure-cli");
  if (account.reason === "not signed in") return notOk("no", "az login");
  return unknown(account.message, "az account show");
}

export function subscription(_app: Target, { subscription: wanted, account, app }: Facts): CheckResult {
  if (account.kind === "unseen") {
    return unknown(account.reason === "not signed in" ? "not signed in" : account.message);
  }
  const { subscriptionId, subscriptionName } = account.value;
  const found = `${subscriptionName} (${subscriptionId})`;
  if (wanted !== undefined && wanted.toLowerCase() !== subscriptionId.toLowerCase()) {
    return notOk(`${found}; expected ${wanted}`, `az account set --subscription ${wanted}`);
  }
  if (wanted !== undefined || app.kind === "seen") return ok(found);
  return unknown(`${found}; expected subscription not specified`, "az account list --output table");
}

export function exists(target: Target, { app, update }: Facts): CheckResult {
  if (app.kind === "seen") {
    const { provisioningState, runningStatus } = app.value;
    const found = [provisioningState, runningStatus].filter(Boolean).join(", ");
    const show = `az containerapp show ${azOptions(target).join(" ")}`;
    if (/^Failed|Canceled/i.test(provisioningState)) return notOk(found, update);
    if (/^Stopped/i.test(runningStatus ?? "")) return notOk(found, startCommand(app.value));
    return /^Succeeded/i.test(provisioningState)
      ? ok(found)
      : unknown(found, `${show} --query properties.provisioningState`);
  }
  if (app.reason === "not found") {
    const other = "if it has another name: az containerapp list --output table";
    return notOk(`no app '${target.name}' in resource group '${target.resourceGroup}'`, `${update}; ${other}`);
  }
  if (app.reason === "not allowed") {
    return unknown(
      "this account is not allowed to read the app",
      "az role assignment create --role Reader --assignee YOU --scope APP",
    );
  }
  return unknown(app.reason === "not signed in" ? app.reason : app.message || app.reason);
}

/** `az containerapp` has no start command. */
const startCommand = ({ id }: App): string =>
  `az resource invoke-action --action start --ids ${id} --api-version 2025-07-01`;

export function revisionMode({ app: { revisionMode }, which }: SeenApp, { wanted }: Facts): CheckResult {
  if (/^single$/i.test(revisionMode)) return ok(revisionMode);
  if (wanted === "none") return ok(`${revisionMode}${notNeeded}`);
  return notOk(`${revisionMode}; affinity needs Single`, `az containerapp revision set-mode ${which} --mode single`);
}

export function transport({ app: { transport }, which }: SeenApp, { wanted, stack, update }: Facts): CheckResult {
  const enable =
    stack === undefined
      ? `az containerapp ingress enable ${which} --type external --target-port 8080 --transport auto`
      : update;
  if (transport !== undefined && transport !== "tcp") return ok(transport);
  if (wanted === "none") return ok(`${transport ?? "no ingress"}${notNeeded}`);
  if (transport === undefined) return notOk("no ingress; affinity needs one", enable);
  return notOk("tcp; affinity needs HTTP", `az containerapp ingress update ${which} --transport auto`);
}

/** If the stack turns affinity off, what affinity needs is not a fault, and a fix would cause drift. */
const notNeeded = "; the stack turns affinity off";

export function affinity({ app, which }: SeenApp, { wanted, stack, update }: Facts): CheckResult {
  const set = (value: string) =>
    stack === undefined ? `az containerapp ingress sticky-sessions set ${which} --affinity ${value}` : update;
  if (wanted !== undefined && wanted !== app.affinity) {
    return notOk(`${app.affinity}; the stack sets ${wanted}`, set(wanted));
  }
  if (app.affinity === "sticky") return ok("sticky");
  if (wanted === "none") return ok("none; the stack turns affinity off");
  if (app.maxReplicas <= 1) return ok("none; not needed with at most one replica");
  return notOk(`none, with up to ${app.maxReplicas} replicas`, set("sticky"));
}

export function replicas({ app, which }: SeenApp, { replicas: now }: Facts): CheckResult {
  const limits = `minimum ${app.minReplicas}, maximum ${app.maxReplicas}`;
  const logs = `az containerapp logs show ${which} --type system`;
  if (now.kind === "unseen") return unknown(`${now.message} (${limits})`, `az containerapp replica list ${which}`);
  if (now.value < app.minReplicas) return notOk(`${now.value} running, below the minimum (${limits})`, logs);
  const zero = now.value === 0 ? "; the next request starts one" : "";
  return ok(`${now.value} running (${limits})${zero}`);
}

export function lastRevision({ app, which }: SeenApp, { revision }: Facts): CheckResult {
  const logs = `az containerapp logs show ${which} --type system`;
  if (revision.kind === "unseen") return unknown(revision.message, `az containerapp revision list ${which}`);
  const { name, health, running, provisioning } = revision.value;
  const found = [name, health, running].filter(Boolean).join(", ");
  const failed = [health, running, provisioning].some((state) =>
    /Unhealthy|Failed|Degraded|Stopped/i.test(state ?? ""),
  );
  if (failed) return notOk(found, logs);
  if (app.latestReadyRevision !== undefined && app.latestReadyRevision !== name) {
    return notOk(`${found}; ${app.latestReadyRevision} still serves clients`, logs);
  }
  return health === undefined || /^(Healthy|None)$/i.test(health) ? ok(found) : unknown(found, logs);
}
