import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";
import { createAuthority } from "../../../local-azure/src/host/pki.ts";
import { openFilesIssue, type ProbeOptions, ProbeUsageError, resolveOptions } from "../../src/options/options.ts";

const url = "https://gateway.example";
await using folder = await temporaryDirectory();
const { issue } = await createAuthority(folder.path);
const pair = issue(["localhost"]);
const encrypted = createPrivateKey(pair.key)
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "s3cret" })
  .toString();
const issues = (options: ProbeOptions): readonly string[] => {
  try {
    resolveOptions(options);
  } catch (error) {
    if (error instanceof ProbeUsageError) return error.issues;
    throw error;
  }
  return [];
};

describe("the address", () => {
  test.each([
    [{ url }, "https://gateway.example/mcp"],
    [{ url: `${url}/` }, "https://gateway.example/mcp"],
    [{ url: `${url}/sub/mcp?tenant=1` }, "https://gateway.example/sub/mcp?tenant=1"],
    [{ url: `${url}/sub`, path: "/mcp" }, "https://gateway.example/mcp"],
    [{ url, transport: "sse" }, "https://gateway.example/sse"],
    [{ url: "http://[::1]:8080" }, "http://[::1]:8080/mcp"],
    [{ url: "http://127.0.0.1/mcp/" }, "http://127.0.0.1/mcp/"],
    [{ url: "http://127.0.0.1/?key=a%20b" }, "http://127.0.0.1/mcp?key=a%20b"],
    [{ url: "http://127.0.0.1/v1/mcp?key=1#part" }, "http://127.0.0.1/v1/mcp?key=1"],
    [{ url: "http://127.0.0.1/?key=1", path: "/other" }, "http://127.0.0.1/other"],
    [{ url: "HTTP://GateWay.Example" }, "http://gateway.example/mcp"],
  ] as const)("%j is probed at %s", (options, href) => expect(resolveOptions(options).url.href).toBe(href));
});

describe("defaults", () => {
  test("are 50 sessions of 5 calls, a control group of 20, a timeout of 10 s, 32 in flight, a fifth on new connections", () => {
    expect(resolveOptions({ url })).toMatchObject({
      sessions: 50,
      calls: 5,
      controlSessions: 20,
      timeout: 10,
      inFlight: 32,
      fresh: 20,
      hold: false,
      transport: "http",
      client: "sdk",
    });
  });
  test("limit the control group to the number of sessions", () => {
    expect(resolveOptions({ url, sessions: 3 }).controlSessions).toBe(3);
  });
});

describe("wrong options", () => {
  test.each([
    [{ url: " " }, "--url: no URL given"],
    [{ url: "file:///etc/passwd" }, "--url: must start with http:// or https://, got 'file:///etc/passwd'"],
    [{ url: "https://user:secret@gateway.example" }, "--url: must not contain a user name or password"],
    [{ url, path: "mcp" }, "--path: must start with '/', got 'mcp'"],
    [{ url, sessions: 1.5 }, "--sessions: must be a whole number from 1 to 10000, got 1.5"],
    [{ url, calls: 0 }, "--calls: must be a whole number from 1 to 1000, got 0"],
    [{ url, fresh: 101 }, "--fresh: must be a number from 0 to 100 percent, got 101"],
    [{ url, timeout: 0 }, "--timeout: must be a number from 0.1 to 600 seconds, got 0"],
    [{ url, rate: 0 }, "--rate: must be more than 0 requests per second, got 0"],
    [{ url, inFlight: 5_000 }, "--in-flight: must be a whole number from 1 to 1000, got 5000"],
    [{ url, headers: { "Mcp-Session-Id": "x" } }, "--header: the probe sets mcp-session-id itself; leave it out"],
    [{ url, headers: { "bad name": "x" } }, "--header: 'bad name' is not a valid header name"],
  ])("%j", (options, message) => expect(issues(options).join()).toContain(message));

  test("the value of an invalid header is not shown, only its length", () => {
    const text = issues({ url, bearer: "s3cret\nX-Evil: 1" }).join();
    expect(text).toContain("--bearer-file or TOKEN: the value of authorization (23 characters)");
    expect(text).not.toContain("s3cret");
  });

  test.each([
    [{ cert: pair.cert }, "--cert: needs its private key; pass it with --key FILE or PROBE_CLIENT_KEY"],
    [{ key: pair.key }, "--key: needs its certificate; pass it with --cert FILE or PROBE_CLIENT_CERT"],
    [{ ...pair, cert: "s3cret" }, "--cert or PROBE_CLIENT_CERT: contains no PEM certificate"],
    [{ ...pair, key: encrypted }, "--key or PROBE_CLIENT_KEY: contains no PEM private key without a passphrase"],
    [
      { cert: pair.cert, key: issue(["localhost"]).key },
      "--key or PROBE_CLIENT_KEY: is not the private key of the client certificate",
    ],
    [
      { ...pair, url: "http://127.0.0.1" },
      "--cert: a client certificate has no effect with a URL that starts with http://",
    ],
    [
      { bearer: async () => "", headers: { Authorization: "s3cret" } },
      "--header: the probe sets authorization to the bearer token; leave one of them out",
    ],
    [pair, undefined],
  ])("a certificate, a key or a token that can't be used, case %#: %s", (options, message) => {
    expect(issues({ url, ...options })[0]).toBe(message);
  });

  test("the password of a URL is not shown", () => {
    expect(issues({ url: "https://user:secret@gateway.example" }).join()).not.toContain("secret");
  });

  test("more held streams than open files: the message gives the number needed and how to raise the limit", () => {
    const held = resolveOptions({ url, sessions: 10_000, hold: true });
    expect(openFilesIssue(held, 1_024)).toContain("ulimit -n 10128");
    expect(openFilesIssue(held, 20_000)).toBeUndefined();
    expect(openFilesIssue(held, undefined)).toBeUndefined();
    expect(openFilesIssue(resolveOptions({ url, sessions: 10_000 }), 1_024)).toBeUndefined();
    expect(openFilesIssue(resolveOptions({ url, sessions: 2_000, transport: "sse" }), 1_024)).toContain("open files");
  });
  test("more requests in flight than open files: the message names --in-flight, not streams", () => {
    const settings = resolveOptions({ url: "http://127.0.0.1", inFlight: 100 });
    expect(openFilesIssue(settings, 264)).toBeUndefined();
    expect(openFilesIssue(settings, 64)).toBe(
      "--in-flight: 100 requests in flight need 264 open files, but the limit is 64; raise it with ulimit -n 264, or lower --in-flight",
    );
  });
});
