import { type Check, notOk, ok, unknown } from "./check.ts";
import type { Account, App, Facts, Look } from "./facts.ts";
import { urlChecks } from "./urlChecks.ts";

/** The whole list, in the order in which one thing rests on another. Without an app only what the URL shows. */
export function diagnose(facts: Facts): Check[] {
  const { unnamed, target } = facts;
  const stack = unnamed === undefined ? [] : [unknown("stack", unnamed.found, unnamed.mend)];
  const azure = target === undefined ? [] : azureChecks(facts, target);
  return [...stack, ...azure, ...urlChecks(facts)];
}

interface Target {
  readonly name: string;
  readonly resourceGroup: string;
}

function azureChecks(facts: Facts, target: Target): Check[] {
  const { account, app } = facts;
  const head = [signedIn(account), subscription(facts, account), exists(facts, target)];
  if (app.kind === "unseen") {
    const rest = ["revision mode", "transport", "affinity", "replicas", "last revision"];
    return [...head, ...rest.map((check) => unknown(check, "the app could not be read"))];
  }
  const which = `--name ${target.name} --resource-group ${target.resourceGroup}`;
  return [
    ...head,
    revisionMode(facts, app.value, which),
    transport(facts, app.value, which),
    affinity(facts, app.value, which),
    replicas(facts, app.value, which),
    lastRevision(facts, app.value, which),
  ];
}

function signedIn(account: Look<Account>): Check {
  const check = "signed in";
  if (account.kind === "seen") return ok(check, account.value.user || "yes");
  if (account.reason === "az missing") return notOk(check, account.message, "https://aka.ms/azure-cli");
  if (account.reason === "not signed in") return notOk(check, "no", "az login");
  return unknown(check, account.message, "az account show");
}

function subscription({ subscription: wanted, app }: Facts, account: Look<Account>): Check {
  const check = "subscription";
  if (account.kind === "unseen") {
    return unknown(check, account.reason === "not signed in" ? "not signed in" : account.message);
  }
  const { subscriptionId, subscriptionName } = account.value;
  const found = `${subscriptionName} (${subscriptionId})`;
  if (wanted !== undefined && wanted.toLowerCase() !== subscriptionId.toLowerCase()) {
    return notOk(check, `${found}, meant is ${wanted}`, `az account set --subscription ${wanted}`);
  }
  if (wanted !== undefined || app.kind === "seen") return ok(check, found);
  return unknown(check, `${found}; nobody said which is meant`, "az account list --output table");
}

function exists({ app, update }: Facts, { name, resourceGroup }: Target): Check {
  const check = "app exists";
  if (app.kind === "seen") {
    const { provisioningState, runningStatus } = app.value;
    const found = [provisioningState, runningStatus].filter(Boolean).join(", ");
    const show = `az containerapp show --name ${name} --resource-group ${resourceGroup}`;
    if (/^Failed|Canceled/i.test(provisioningState)) return notOk(check, found, update);
    if (/^Stopped/i.test(runningStatus ?? "")) return notOk(check, found, startCommand(app.value));
    return /^Succeeded/i.test(provisioningState)
      ? ok(check, found)
      : unknown(check, found, `${show} --query properties.provisioningState`);
  }
  if (app.reason === "not found") {
    const other = "where it has another name: az containerapp list --output table";
    return notOk(check, `no '${name}' in group '${resourceGroup}'`, `${update}; ${other}`);
  }
  if (app.reason === "not allowed") {
    return unknown(
      check,
      "this account may not read it",
      "az role assignment create --role Reader --assignee YOU --scope APP",
    );
  }
  return unknown(check, app.reason === "not signed in" ? app.reason : app.message || app.reason);
}

/** `az containerapp` has no command of its own for it. */
const startCommand = ({ id }: App): string =>
  `az resource invoke-action --action start --ids ${id} --api-version 2025-07-01`;

function revisionMode({ wanted }: Facts, { revisionMode }: App, which: string): Check {
  const check = "revision mode";
  if (/^single$/i.test(revisionMode)) return ok(check, revisionMode);
  if (wanted === "none") return ok(check, `${revisionMode}${notAskedFor}`);
  return notOk(
    check,
    `${revisionMode}; affinity needs Single`,
    `az containerapp revision set-mode ${which} --mode single`,
  );
}

function transport({ wanted, stack, update }: Facts, { transport }: App, which: string): Check {
  const check = "transport";
  const enable =
    stack === undefined
      ? `az containerapp ingress enable ${which} --type external --target-port 8080 --transport auto`
      : update;
  if (transport !== undefined && transport !== "tcp") return ok(check, transport);
  if (wanted === "none") return ok(check, `${transport ?? "no ingress"}${notAskedFor}`);
  if (transport === undefined) return notOk(check, "no ingress; affinity is a cookie of the ingress", enable);
  return notOk(check, "tcp; affinity needs HTTP", `az containerapp ingress update ${which} --transport auto`);
}

/** What only affinity needs is no fault of a stack that turns it off: a mend would itself be drift. */
const notAskedFor = ", and the stack asks for no affinity";

function affinity({ wanted, stack, update }: Facts, app: App, which: string): Check {
  const check = "affinity";
  const set = (value: string) =>
    stack === undefined ? `az containerapp ingress sticky-sessions set ${which} --affinity ${value}` : update;
  if (wanted !== undefined && wanted !== app.affinity) {
    return notOk(check, `${app.affinity}; the stack asks for ${wanted}`, set(wanted));
  }
  if (app.affinity === "sticky") return ok(check, "sticky");
  if (wanted === "none") return ok(check, "none, as the stack asks for");
  if (app.maxReplicas <= 1) return ok(check, "none; one replica at most needs no affinity");
  return notOk(check, `none, with up to ${app.maxReplicas} replicas`, set("sticky"));
}

function replicas({ replicas: now }: Facts, app: App, which: string): Check {
  const check = "replicas";
  const limits = `of ${app.minReplicas} to ${app.maxReplicas}`;
  const logs = `az containerapp logs show ${which} --type system`;
  if (now.kind === "unseen")
    return unknown(check, `${now.message} (${limits})`, `az containerapp replica list ${which}`);
  if (now.value < app.minReplicas) return notOk(check, `${now.value} ${limits}: too few run`, logs);
  const zero = now.value === 0 ? ": scaled to zero; the next request starts one" : "";
  return ok(check, `${now.value} ${limits}${zero}`);
}

function lastRevision({ revision }: Facts, app: App, which: string): Check {
  const check = "last revision";
  const logs = `az containerapp logs show ${which} --type system`;
  if (revision.kind === "unseen") return unknown(check, revision.message, `az containerapp revision list ${which}`);
  const { name, health, running, provisioning } = revision.value;
  const found = [name, health, running].filter(Boolean).join(", ");
  const failed = [health, running, provisioning].some((state) =>
    /Unhealthy|Failed|Degraded|Stopped/i.test(state ?? ""),
  );
  if (failed) return notOk(check, found, logs);
  if (app.latestReadyRevision !== undefined && app.latestReadyRevision !== name) {
    return notOk(check, `${found}; clients still get ${app.latestReadyRevision}`, logs);
  }
  return health === undefined || /^(Healthy|None)$/i.test(health) ? ok(check, found) : unknown(check, found, logs);
}
