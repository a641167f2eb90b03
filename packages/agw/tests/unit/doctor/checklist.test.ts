import { describe, expect, test } from "vitest";
import type { AzFailure } from "../../../src/doctor/azureCli.ts";
import { diagnose } from "../../../src/doctor/checklist.ts";
import type { App, Facts, SeenCookie, UrlLook } from "../../../src/doctor/facts.ts";
import { renderChecks, verdictOf } from "../../../src/doctor/index.ts";
import { certificateMissing } from "../../../src/doctor/reach.ts";

const app: App = {
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerapps/gateway",
  provisioningState: "Succeeded",
  runningStatus: "Running",
  revisionMode: "Single",
  transport: "auto",
  external: true,
  affinity: "sticky",
  ipRestrictions: 0,
  asksForCertificate: false,
  fqdn: "gateway.example",
  minReplicas: 2,
  maxReplicas: 10,
  latestRevision: "gateway--2",
  latestReadyRevision: "gateway--2",
};
const cookie: SeenCookie = {
  name: "acaAffinity",
  domain: undefined,
  path: "/",
  secure: true,
  httpOnly: true,
  sameSite: "None",
  kept: true,
};
const answered = (change: Partial<UrlLook & { kind: "answered" }> = {}): UrlLook => ({
  kind: "answered",
  status: 404,
  cookies: [cookie],
  second: { kind: "answered", changed: [] },
  ...change,
});
const seen = <T>(value: T) => ({ kind: "seen", value }) as const;
const unseen = (reason: AzFailure, message = "") => ({ kind: "unseen", reason, message }) as const;

const healthy: Facts = {
  unnamed: undefined,
  stack: undefined,
  update: "pulumi up --refresh --stack prod",
  target: { name: "gateway", resourceGroup: "group" },
  wanted: undefined,
  subscription: undefined,
  account: seen({ user: "me", subscriptionId: "s", subscriptionName: "Subscription" }),
  app: seen(app),
  revision: seen({ name: "gateway--2", health: "Healthy", running: "Running", provisioning: "Provisioned" }),
  replicas: seen(2),
  url: "https://gateway.example",
  answer: answered(),
};

const withApp = (change: Partial<App>): Partial<Facts> => ({ app: seen({ ...app, ...change }) });
/** A stack that turns affinity off. */
const unwanted = (change: Partial<App>): Partial<Facts> => ({
  ...withApp({ affinity: "none", ...change }),
  wanted: "none",
});
const silent = { kind: "silent", message: "host unknown" } as const;
const withCookie = (change: Partial<SeenCookie>): Partial<Facts> => ({
  answer: answered({ cookies: [{ ...cookie, ...change }] }),
});
const withRevision = (health: string, running = "Running"): Partial<Facts> => ({
  revision: seen({ name: "gateway--2", health, running, provisioning: undefined }),
});
const noCookie = answered({ cookies: [] });
const refused = answered({ status: 403, cookies: [] });

const which = "--name gateway --resource-group group";
type Row = [facts: Partial<Facts>, status: "ok" | "not ok" | "unknown", found: RegExp, fix?: RegExp];
const rows: Record<string, Row[]> = {
  "signed in": [
    [{ account: unseen("not signed in") }, "not ok", /^no$/, /^az login$/],
    [{ account: unseen("az missing", "no CLI") }, "not ok", /^no CLI$/, /aka.ms/],
    [{ account: unseen("other", "boom") }, "unknown", /boom/],
  ],
  subscription: [
    [{ subscription: "S" }, "ok", /Subscription \(s\)/],
    [{ subscription: "t" }, "not ok", /expected t/, /^az account set --subscription t$/],
    [{ app: unseen("not found") }, "unknown", /not specified/, /az account list/],
    [{ account: unseen("not signed in", "Please run az login") }, "unknown", /^not signed in$/],
    [{ account: unseen("az missing", "no CLI") }, "unknown", /^no CLI$/],
  ],
  "app exists": [
    [
      { app: unseen("not found") },
      "not ok",
      /no app 'gateway' in resource group 'group'/,
      /^pulumi up .*az containerapp list/,
    ],
    [{ app: unseen("not allowed") }, "unknown", /not allowed to read/, /--role Reader/],
    [
      { app: unseen("not found"), update: "npx agw up --stack prod" },
      "not ok",
      /no app 'gateway'/,
      /^npx agw up --stack prod;/,
    ],
    [withApp({ provisioningState: "Failed" }), "not ok", /Failed/, /^pulumi up/],
    [withApp({ provisioningState: "InProgress" }), "unknown", /InProgress/],
    [
      withApp({ runningStatus: "Stopped" }),
      "not ok",
      /Stopped/,
      new RegExp(`invoke-action --action start --ids ${app.id} `),
    ],
    [{ app: unseen("not signed in", "Please run az login") }, "unknown", /^not signed in$/],
    [{ app: unseen("timed out", "too slow") }, "unknown", /^too slow$/],
  ],
  "revision mode": [
    [withApp({ revisionMode: "Multiple" }), "not ok", /Multiple/, new RegExp(`set-mode ${which} --mode single`)],
    [{ app: unseen("not found") }, "unknown", /could not be read/],
    [unwanted({ revisionMode: "Multiple" }), "ok", /Multiple; the stack turns affinity off/],
  ],
  transport: [
    [unwanted({ transport: "tcp" }), "ok", /tcp; the stack turns affinity off/],
    [unwanted({ transport: undefined }), "ok", /no ingress; the stack turns affinity off/],
    [unwanted({}), "ok", /^auto$/],
    [withApp({ transport: "tcp" }), "not ok", /tcp/, /ingress update .* --transport auto/],
    [withApp({ transport: undefined }), "not ok", /no ingress/, /ingress enable/],
    [{ ...withApp({ transport: undefined }), stack: "prod" }, "not ok", /no ingress/, /^pulumi up/],
  ],
  affinity: [
    [withApp({ affinity: "none" }), "not ok", /up to 10/, new RegExp(`sticky-sessions set ${which} --affinity sticky`)],
    [withApp({ affinity: "none", maxReplicas: 1 }), "ok", /at most one replica/],
    [{ ...withApp({ affinity: "none" }), wanted: "none" }, "ok", /none; the stack turns affinity off/],
    [
      { ...withApp({ affinity: "none" }), wanted: "sticky", stack: "prod" },
      "not ok",
      /sets sticky/,
      /^pulumi up --refresh --stack prod$/,
    ],
    [
      { ...withApp({ affinity: "none" }), wanted: "sticky", stack: "prod", update: "npx agw up --stack prod" },
      "not ok",
      /sets sticky/,
      /^npx agw up --stack prod$/,
    ],
    [{ wanted: "none", stack: "prod" }, "not ok", /sticky; the stack sets none/, /^pulumi up/],
  ],
  replicas: [
    [{ replicas: seen(1) }, "not ok", /1 running, below the minimum/, /logs show/],
    [{ ...withApp({ minReplicas: 0 }), replicas: seen(0) }, "ok", /^0 running .*the next request starts one/],
    [{ replicas: unseen("other", "boom") }, "unknown", /boom/, /replica list/],
  ],
  "last revision": [
    [withRevision("Unhealthy"), "not ok", /Unhealthy/, /logs show/],
    [withRevision("Healthy", "Failed"), "not ok", /Failed/],
    [withRevision("Somehow"), "unknown", /Somehow/],
    [withApp({ latestReadyRevision: "gateway--1" }), "not ok", /gateway--1 still serves clients/],
    [{ revision: unseen("other", "boom") }, "unknown", /boom/],
  ],
  "URL answers": [
    [{ answer: { kind: "silent", message: "the connection is refused" } }, "not ok", /refused/, /^curl/],
    [
      { answer: { kind: "silent", message: "its certificate is not trusted", untrusted: true } },
      "not ok",
      /not trusted/,
      /^npx agw doctor --url \S+ --ca FILE/,
    ],
    [
      { answer: { kind: "silent", message: certificateMissing, wantsCertificate: true } },
      "unknown",
      /: the gateway requires a client certificate, and the doctor sends none$/,
      /^curl .*--cert FILE --key FILE/,
    ],
    [{ answer: answered({ status: 503 }) }, "not ok", /503/],
    [
      { ...withApp({ ipRestrictions: 1 }), answer: refused },
      "unknown",
      /403; .*IP restrictions/,
      /access-restriction list/,
    ],
    [{ ...withApp({ asksForCertificate: true }), answer: refused }, "unknown", /client certificate/, /curl .*--cert/],
    [{ ...withApp({ ipRestrictions: 1 }), url: "https://front.example", answer: refused }, "ok", /403$/],
    [{ ...withApp({ ipRestrictions: 1, asksForCertificate: true }) }, "ok", /404$/],
    [{ ...withApp({ runningStatus: "Stopped" }), answer: noCookie }, "unknown", /the app is stopped/],
    [{ answer: refused }, "ok", /403$/],
    [{ ...withApp({ transport: undefined }), url: undefined, answer: undefined }, "unknown", /the app has no ingress/],
    [{ url: undefined, answer: undefined }, "unknown", /address is not known/],
    [{ ...unwanted({ transport: undefined }), url: undefined, answer: undefined }, "ok", /the app has no ingress/],
    [{ ...withApp({ external: false }), answer: silent }, "unknown", /host unknown; the address is internal/, /^curl/],
    [{ ...withApp({ external: false }), url: "https://front.example", answer: silent }, "not ok", /host unknown/],
    [
      { ...withApp({ external: false }), answer: { ...silent, untrusted: true } },
      "not ok",
      /host unknown/,
      /--ca FILE/,
    ],
    [{ ...unwanted({ transport: "tcp" }), answer: silent }, "unknown", /the ingress is TCP/],
  ],
  "cookie issued": [
    [{ answer: noCookie }, "not ok", /although affinity is on/, /agw probe/],
    [{ answer: refused }, "unknown", /none: HTTP 403 may come from the ingress/, /agw probe/],
    [{ answer: answered({ status: 401, cookies: [] }) }, "unknown", /none: HTTP 401 may come from a sign-in/],
    [{ answer: answered({ status: 302, cookies: [] }) }, "unknown", /none: HTTP 302 may come from a sign-in/],
    [{ answer: answered({ status: 503, cookies: [] }) }, "unknown", /none: HTTP 503 may come from the ingress/],
    [{ ...withApp({ ipRestrictions: 1 }), answer: refused }, "unknown", /none: the app's IP restrictions/],
    [{ ...withApp({ runningStatus: "Stopped" }), answer: noCookie }, "unknown", /none: the app is stopped/],
    [{ ...withApp({ affinity: "none" }), answer: noCookie }, "ok", /none; affinity is off/],
    [{ app: unseen("not found"), answer: noCookie }, "unknown", /none/],
    [{ ...withApp({ external: false }), answer: noCookie }, "unknown", /none: the address is internal/, /agw probe/],
    [{ ...unwanted({ transport: undefined }), url: undefined, answer: undefined }, "ok", /the app has no ingress/],
    [withApp({ affinity: "none" }), "not ok", /although affinity is off/],
    [withCookie({ name: "SERVERID" }), "unknown", /SERVERID/],
    [withCookie({ name: "ARRAffinity" }), "ok", /ARRAffinity/],
  ],
  "cookie attributes": [
    [withCookie({ secure: false }), "not ok", /unencrypted.*without Secure/],
    [withCookie({ path: "/mcp" }), "not ok", /every path/],
    [withCookie({ httpOnly: false }), "not ok", /scripts/],
  ],
  "cookie kept": [
    [{ ...withCookie({ kept: false }), url: "http://gateway.example" }, "not ok", /plain http/, /https:\/\/gateway/],
    [withCookie({ kept: false, domain: "app.example" }), "not ok", /reject a cookie for app.example/, /host name/],
    [
      { answer: answered({ second: { kind: "answered", changed: ["acaAffinity"] } }) },
      "not ok",
      /the gateway replaced it/,
    ],
    [{ answer: answered({ second: { kind: "silent" } }) }, "unknown", /not answered/],
  ],
};

describe("the doctor's checks, from gathered facts", () => {
  test("all checks of a healthy app are ok", () => {
    const checks = diagnose(healthy);
    expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(checks.map(({ check }) => check)).toEqual(Object.keys(rows));
    expect(verdictOf(checks)).toBe("ok");
  });

  test("each check has a stable id", () => {
    const unnamed = { found: "none", try: "npx agw up" };
    expect(diagnose({ ...healthy, unnamed }).map(({ id }) => id)).toEqual([
      "stack",
      "signed-in",
      "subscription",
      "app-exists",
      "revision-mode",
      "transport",
      "affinity",
      "replicas",
      "last-revision",
      "url-answers",
      "cookie-issued",
      "cookie-attributes",
      "cookie-kept",
    ]);
  });

  describe.each(Object.entries(rows))("%s", (name, cases) => {
    test.each(cases)("%j: %s", (change, status, found, fix) => {
      const line = diagnose({ ...healthy, ...change }).find(({ check }) => check === name);
      expect(line).toMatchObject({ status, found: expect.stringMatching(found) });
      if (status === "not ok" || fix !== undefined) expect(line?.try).toMatch(fix ?? /./);
    });
  });

  test.each<[string, Partial<Facts>]>([
    ["several revisions", { ...unwanted({ revisionMode: "Multiple" }), answer: noCookie }],
    ["no ingress", { ...unwanted({ transport: undefined, fqdn: undefined }), url: undefined, answer: undefined }],
  ])("all checks of a stack that turns affinity off and has %s are ok", (_title, change) => {
    expect(diagnose({ ...healthy, ...change }).filter(({ status }) => status !== "ok")).toEqual([]);
  });

  test.each<[string, Partial<Facts>]>([
    ["TCP ingress and no affinity", { ...unwanted({ transport: "tcp" }), answer: silent }],
    ["an internal address", { ...withApp({ external: false }), answer: silent }],
  ])("a stack with %s is unknown rather than not ok, so the drift workflow opens no issue", (_title, change) => {
    expect(verdictOf(diagnose({ ...healthy, ...change }))).toBe("unknown");
  });

  test("without an app, only the address is checked", () => {
    const none = { kind: "unseen", reason: "not looked at", message: "no app was named" } as const;
    const facts = { ...healthy, target: undefined, account: none, app: none, revision: none, replicas: none };
    expect(diagnose(facts).map(({ check, status }) => [check, status])).toEqual([
      ["URL answers", "ok"],
      ["cookie issued", "ok"],
      ["cookie attributes", "ok"],
      ["cookie kept", "ok"],
    ]);
  });

  test("a stack that names no app is unknown, as the first check", () => {
    const unnamed = { found: "'prod' has no outputs", try: "npx agw up" };
    const [first] = diagnose({ ...healthy, target: undefined, unnamed });
    expect(first).toEqual({ id: "stack", check: "stack", status: "unknown", ...unnamed });
  });

  test("the table has the command to try below its check", () => {
    const checks = diagnose({ ...healthy, ...withApp({ affinity: "none" }) }).slice(5, 7);
    expect(renderChecks(checks, (_status, text) => text)).toBe(
      [
        "not ok   affinity  none, with up to 10 replicas",
        `                   try: az containerapp ingress sticky-sessions set ${which} --affinity sticky`,
        "ok       replicas  2 running (minimum 2, maximum 10)",
      ].join("\n"),
    );
    expect(verdictOf(checks)).toBe("not ok");
  });
});
