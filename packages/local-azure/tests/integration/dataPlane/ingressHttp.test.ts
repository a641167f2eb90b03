import { X509Certificate } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closedPort } from "../../../../../tests/support/closedPort.ts";
import { startTestApp, type TestApp } from "../../../../../tests/support/mcp/testApp.ts";
import { createTestCertificate } from "../../../../../tests/support/mcp/testAuthority.ts";
import { AppIngress } from "../../../src/dataPlane/ingress/appIngress.ts";
import { rawHttp } from "../../support/rawHttp.ts";

const echo = fileURLToPath(new URL("../../support/echoReplica.mjs", import.meta.url));
const replicaCommand = `'${process.execPath}' '${echo}' {port}`;

interface Echoed {
  readonly raw: string[];
  readonly url: string;
}

const headersOf = ({ raw }: Echoed): Headers => {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i] as string, raw[i + 1] as string);
  return headers;
};

describe("the ingress, with a replica that echoes its requests", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ plane: { replicaCommand }, ingress: { allowInsecure: true } });
  });
  afterAll(() => app[Symbol.asyncDispose]());
  const insecure = (): string => app.url.replace("https:", "http:");
  const raw = (lines: string[], until?: (text: string) => boolean): Promise<string> =>
    rawHttp(insecure(), lines.join("\r\n"), until);

  test("adds Container Apps' forwarding headers and drops forged ones", async () => {
    const response = await app.fetch(`${app.url}/headers`, {
      headers: {
        "x-forwarded-for": "6.6.6.6",
        "x-forwarded-proto": "gopher",
        "x-envoy-internal": "true",
        "x-mine": "1",
      },
    });
    const headers = headersOf((await response.json()) as Echoed);
    expect(headers.get("x-forwarded-for")).toBe("127.0.0.1");
    expect(headers.get("x-forwarded-proto")).toBe("https");
    expect(headers.get("x-forwarded-host")).toBe(new URL(app.url).host);
    expect(headers.get("x-envoy-internal")).toBeNull();
    expect(headers.get("x-forwarded-client-cert")).toBeNull();
    expect(headers.get("x-mine")).toBe("1");
    expect(headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
  });

  test("serves plain http on the same port when allowInsecure is on", async () => {
    const response = await fetch(`${insecure()}/headers`);
    expect(headersOf((await response.json()) as Echoed).get("x-forwarded-proto")).toBe("http");
  });

  test("drops hop-by-hop headers in both directions and keeps several Set-Cookie headers separate", async () => {
    const response = await raw([
      "GET /headers HTTP/1.1",
      "Host: a",
      "Connection: close, X-Private",
      "X-Private: 1",
      "TE: trailers",
      "Keep-Alive: 5",
      "",
      "",
    ]);
    const headers = headersOf(JSON.parse(response.slice(response.indexOf("{"))) as Echoed);
    for (const name of ["x-private", "te", "keep-alive"]) expect(headers.get(name), name).toBeNull();
    const back = await app.fetch(`${app.url}/hop`);
    expect(back.headers.get("x-private")).toBeNull();
    expect(back.headers.get("x-public")).toBe("1");
    expect(back.headers.getSetCookie()).toHaveLength(3);
  });

  test("the affinity cookie is quoted, https only and for all paths, as captured from Azure", async () => {
    const [cookie] = (await app.fetch(`${app.url}/headers`)).headers.getSetCookie();
    expect(cookie).toMatch(/^acaAffinity="[\da-f]{16}"; Path=\/; HttpOnly; SameSite=None; Secure$/);
  });

  test("streams a large body unchanged, with a length and in chunks", async () => {
    const body = Buffer.alloc(3_000_000, "0123456789abcdef-");
    const known = (await (await app.fetch(`${app.url}/body`, { method: "POST", body })).json()) as { sha256: string };
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 70_001) controller.enqueue(body.subarray(at, at + 70_001));
        controller.close();
      },
    });
    const init = { method: "POST", body: chunked, duplex: "half" } as RequestInit;
    const streamed = (await (await app.fetch(`${app.url}/body`, init)).json()) as { sha256: string; length: number };
    expect(streamed.length).toBe(body.length);
    expect(streamed.sha256).toBe(known.sha256);
  });

  test("forwards the headers of an event stream at once, and each event without delay", async () => {
    const stream = await app.fetch(`${app.url}/events`);
    expect(stream.headers.get("content-type")).toBe("text/event-stream");
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    await app.fetch(`${app.url}/push`);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: pushed\n\n");
    await reader.cancel();
    await expect
      .poll(async () => ((await (await app.fetch(`${app.url}/push`)).json()) as { streams: number }).streams)
      .toBe(0);
  });

  test("reads from the replica no faster than the client reads", async () => {
    const stream = await app.fetch(`${app.url}/flood`);
    let before = -1;
    // The buffers in between fill first. Then the replica must stop.
    await expect
      .poll(
        async () => {
          const { flooded } = (await (await app.fetch(`${app.url}/flooded`)).json()) as { flooded: number };
          const still = flooded === before;
          before = flooded;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(before).toBeLessThan(64 * 1024 * 1024);
    await stream.body?.cancel();
  });

  test("cuts off an answer if the replica does, and serves the next request", async () => {
    const cut = await app.fetch(`${app.url}/cut`);
    await expect(cut.text()).rejects.toThrow();
    expect((await app.fetch(`${app.url}/headers`)).status).toBe(200);
  });

  describe("against request smuggling, the ingress", () => {
    const cases: Record<string, string[]> = {
      "Content-Length with Transfer-Encoding": ["Content-Length: 4", "Transfer-Encoding: chunked", "", "0\r\n\r\nGET"],
      "two Content-Lengths": ["Content-Length: 4", "Content-Length: 5", "", "abcde"],
      "a signed Content-Length": ["Content-Length: +4", "", "abcd"],
      "a transfer coding other than chunked": ["Transfer-Encoding: chunked, gzip", "", "0\r\n\r\n"],
      "a hidden transfer coding": ["Transfer-Encoding:\x0bchunked", "", "0\r\n\r\n"],
      "a folded header": ["X-A: 1", " folded", "Content-Length: 0", "", ""],
      "a space before the colon": ["Content-Length : 4", "", "abcd"],
      "a bare line feed in the headers": ["X-A: 1\nX-B: 2", "Content-Length: 0", "", ""],
      "an invalid chunk size": ["Transfer-Encoding: chunked", "", "zz\r\nabc\r\n0\r\n\r\n"],
    };
    test.for(Object.entries(cases))("refuses %s", async ([, lines]) => {
      const text = await raw(["POST /body HTTP/1.1", "Host: a", ...lines]);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    });

    test("keeps Content-Length and Host, even if the Connection header names them", async () => {
      const text = await raw([
        "POST /body HTTP/1.1",
        "Host: a",
        "Connection: close, Content-Length, Host",
        "Content-Length: 5",
        "",
        "abcde",
      ]);
      expect(JSON.parse(text.slice(text.indexOf("{")))).toMatchObject({ length: 5 });
    });

    test("forwards only one Host header", async () => {
      const text = await raw(["GET /headers HTTP/1.1", "Host: a", "Host: b", "Connection: close", "", ""]);
      const hosts = (JSON.parse(text.slice(text.indexOf("{"))) as Echoed).raw.filter(
        (name) => name.toLowerCase() === "host",
      );
      expect(hosts).toHaveLength(1);
    });

    test("treats an upgrade to anything but WebSocket as an ordinary request", async () => {
      const lines = [
        "GET /headers HTTP/1.1",
        "Host: a",
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AA",
      ];
      const text = await raw([...lines, "", ""], (seen) => seen.endsWith("}"));
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(headersOf(JSON.parse(text.slice(text.indexOf("{"))) as Echoed).get("upgrade")).toBeNull();
    });
  });

  test("refuses headers over 60 KiB and bodies over 100 MiB, and serves the next request", async () => {
    expect(await raw(["GET /headers HTTP/1.1", "Host: a", `X-Long: ${"a".repeat(70_000)}`, "", ""])).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect(await raw(["POST /body HTTP/1.1", "Host: a", "Content-Length: 104857601", "", ""])).toMatch(
      /^HTTP\/1\.1 413 /,
    );
    expect((await app.fetch(`${app.url}/headers`)).status).toBe(200);
  });

  test("refuses a body of unknown length once it exceeds 100 MiB", async () => {
    const block = Buffer.alloc(1024 * 1024);
    const blocks = Readable.from(Array.from({ length: 104 }, () => block));
    const agent = new Agent();
    const { statusCode, body } = await request(`${insecure()}/body`, {
      method: "POST",
      body: blocks,
      dispatcher: agent,
    });
    expect([statusCode, await body.text()]).toEqual([413, "Payload Too Large"]);
    await agent.destroy();
  });

  test("answers HEAD with headers and without a body", async () => {
    const text = await raw(["HEAD /headers HTTP/1.1", "Host: a", "Connection: close", "", ""]);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n(.+\r\n)*content-length: \d{2,}\r\n(.+\r\n)*\r\n$/i);
  });

  test("reduces the absolute form of a request target to its path", async () => {
    const text = await raw(["GET http://other/headers?q=1 HTTP/1.1", "Host: a", "Connection: close", "", ""]);
    expect(JSON.parse(text.slice(text.indexOf("{")))).toMatchObject({ url: "/headers?q=1" });
  });

  const cookies: Record<string, string> = {
    "a forged value": "0123456789abcdef",
    "an empty value": "",
    "an open quote": '"',
    "empty quotes": '""',
    "a space": "a b",
    "an oversized value": "x".repeat(50_000),
    "encoded control characters": "%00%0a",
    "a non-ASCII character": "\xe9",
  };
  test.for(Object.entries(cookies))(
    "answers 200 with a new cookie if the affinity cookie has %s",
    async ([, value]) => {
      const text = await raw([
        "GET /headers HTTP/1.1",
        "Host: a",
        `Cookie: acaAffinity=${value}`,
        "Connection: close",
        "",
        "",
      ]);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(text).toMatch(/set-cookie: acaAffinity="/i);
    },
  );

  test("forwards a WebSocket in both directions, from the first byte and with the affinity cookie", async () => {
    const lines = ["GET /socket HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket", "", "early"];
    const text = await rawHttp(app.url, lines.join("\r\n"), (seen) => seen.endsWith("early"), app.ca);
    expect(text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(text).toMatch(/set-cookie: acaAffinity="/);
  });
});

describe("the ingress' access settings", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ plane: { replicaCommand } });
  });
  afterAll(() => app[Symbol.asyncDispose]());
  const insecure = (): string => app.url.replace("https:", "http:");

  test("plain http is redirected to https when allowInsecure is off", async () => {
    const response = await fetch(`${insecure()}/headers?a=1`, { redirect: "manual" });
    expect(response.status).toBe(301);
    expect(response.headers.get("location")).toBe(`${app.url}/headers?a=1`);
  });

  test("addresses outside the allowed ranges are refused, others pass", async () => {
    await app.plane.openIngress({ ...app.ingress, allowedRanges: ["10.0.0.0/8", "192.0.2.7"] });
    expect((await app.fetch(`${app.url}/headers`)).status).toBe(403);
    await app.plane.openIngress({ ...app.ingress, allowedRanges: ["127.0.0.0/8"] });
    expect((await app.fetch(`${app.url}/headers`)).status).toBe(200);
    await app.plane.openIngress(app.ingress);
  });

  test("an app answers 404 while no revision takes traffic", async () => {
    app.plane.route(app.appId, undefined);
    expect((await app.fetch(`${app.url}/headers`)).status).toBe(404);
    app.plane.route(app.appId, app.revision.revision);
    expect((await app.fetch(`${app.url}/headers`)).status).toBe(200);
  });

  test("a WebSocket gets the same 403, 301 and 404 as any other request", async () => {
    const upgrade = "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const ask = (url: string) => rawHttp(url, upgrade, undefined, app.ca);
    expect(await ask(insecure())).toMatch(/^HTTP\/1\.1 301 \r\nlocation: https:\/\/a\/socket\r\n/);
    await app.plane.openIngress({ ...app.ingress, allowedRanges: ["10.0.0.0/8"] });
    expect(await ask(app.url)).toMatch(/^HTTP\/1\.1 403 [\s\S]*\r\n\r\nRBAC: access denied$/);
    await app.plane.openIngress(app.ingress);
    app.plane.route(app.appId, undefined);
    expect(await ask(app.url)).toMatch(/^HTTP\/1\.1 404 [\s\S]*stopped or does not exist\.$/);
    app.plane.route(app.appId, app.revision.revision);
  });

  test("a change of settings keeps the address, and affinity none sets no cookie", async () => {
    const { fqdn } = await app.plane.openIngress({ ...app.ingress, affinity: "none" });
    expect(`https://${fqdn}`).toBe(app.url);
    expect((await app.fetch(`${app.url}/headers`)).headers.getSetCookie()).toEqual([]);
    await app.plane.openIngress(app.ingress);
    expect((await app.fetch(`${app.url}/headers`)).headers.getSetCookie()).toHaveLength(1);
  });

  test("clientCertificateMode: ignore, accept and require decide what reaches the app as X-Forwarded-Client-Cert", async () => {
    await using client = await createTestCertificate();
    const get = async (certificate: boolean): Promise<{ status: number; header: string | null }> => {
      const agent = new Agent({ connect: { ca: app.ca, ...(certificate ? client.tls : {}) } });
      const ask = async () => {
        const { statusCode: status, body } = await request(`${app.url}/headers`, { dispatcher: agent });
        const text = await body.text();
        return { status, header: status === 200 ? headersOf(JSON.parse(text)).get("x-forwarded-client-cert") : null };
      };
      const first = await ask();
      expect(await ask(), "second request on the same connection").toEqual(first);
      await agent.destroy();
      return first;
    };
    const connectedWithout = () =>
      new Promise((resolve, reject) => {
        const { hostname: host, port } = new URL(app.url);
        connect({ host, port: Number(port), ca: app.ca })
          .once("close", resolve)
          .once("error", reject)
          .resume();
      });
    expect(await get(true)).toEqual({ status: 200, header: null });
    await app.plane.openIngress({ ...app.ingress, clientCertificateMode: "accept" });
    expect(await get(false)).toEqual({ status: 200, header: null });
    const { header } = await get(true);
    expect(header).toMatch(/^Hash=[\da-f]{64};Cert="-----BEGIN%20CERTIFICATE-----.*";Chain=".*";$/);
    const pem = decodeURIComponent(/Cert="([^"]*)"/.exec(header ?? "")?.[1] ?? "");
    expect(new X509Certificate(pem).fingerprint256).toBe(new X509Certificate(client.tls.cert).fingerprint256);
    await app.plane.openIngress({ ...app.ingress, clientCertificateMode: "require" });
    await expect(get(false)).rejects.toThrow();
    await expect(connectedWithout()).rejects.toMatchObject({ code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
    expect((await get(true)).status).toBe(200);
    await app.plane.openIngress(app.ingress);
  });

  test("the name of the cookie can be set: ARRAffinity, quoted or not, keeps the client on its replica", async () => {
    await using other = await startTestApp({ replicas: 3, plane: { replicaCommand, cookie: "ARRAffinity" } });
    const [cookie = ""] = (await other.fetch(`${other.url}/headers`)).headers.getSetCookie();
    expect(cookie).toMatch(/^ARRAffinity="[\da-f]{16}"; Path=\/; HttpOnly; SameSite=None; Secure$/);
    const pair = cookie.split(";")[0] as string;
    for (const header of [pair, pair.replaceAll('"', ""), `a=1; ${pair}`]) {
      const again = await other.fetch(`${other.url}/headers`, { headers: { cookie: header } });
      expect(again.headers.getSetCookie()).toEqual([]);
    }
  });
});

describe("unavailable replicas", () => {
  test("a replica that does not answer within the idle timeout gives 504 (Azure's 240 seconds, shortened here)", async () => {
    await using certificate = await createTestCertificate();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const options = { tls: certificate.tls, policy: "pinned", cookie: "acaAffinity", idleTimeout: 300 } as const;
    await using ingress = await AppIngress.open(options, { ...openSpec, allowInsecure: true });
    ingress.route([{ name: "silent", address: { host: "127.0.0.1", port } }]);
    const response = await fetch(`http://${ingress.fqdn}/`);
    expect([response.status, await response.text()]).toEqual([504, "upstream request timeout"]);
    expect(ingress.counters().failed).toBe(1);
    silent.close();
  });

  test("without a replica, the answer is 503, also to a WebSocket, and counts as failed", async () => {
    await using certificate = await createTestCertificate();
    const options = { tls: certificate.tls, policy: "pinned", cookie: "acaAffinity", idleTimeout: 5_000 } as const;
    await using ingress = await AppIngress.open(options, { ...openSpec, allowInsecure: true });
    ingress.route([]);
    const response = await fetch(`http://${ingress.fqdn}/`);
    expect([response.status, await response.text()]).toEqual([503, "no healthy upstream"]);
    const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    expect(await rawHttp(`http://${ingress.fqdn}`, upgrade)).toMatch(
      /^HTTP\/1\.1 503 [\s\S]*\r\n\r\nno healthy upstream$/,
    );
    expect(ingress.counters()).toMatchObject({ requests: 0, failed: 2 });
  });

  test("a replica that refuses connections is skipped, and no request fails", async () => {
    await using certificate = await createTestCertificate();
    const alive = createServer((_, response) => void response.end("alive"));
    await new Promise<void>((resolve) => alive.listen(0, "127.0.0.1", resolve));
    const { port } = alive.address() as AddressInfo;
    const options = { tls: certificate.tls, policy: "pinned", cookie: "acaAffinity", idleTimeout: 5_000 } as const;
    await using ingress = await AppIngress.open(options, { ...openSpec, allowInsecure: true });
    ingress.route([
      { name: "gone", address: { host: "127.0.0.1", port: closedPort } },
      { name: "alive", address: { host: "127.0.0.1", port } },
    ]);
    for (let n = 0; n < 4; n++) {
      const body = n % 2 === 0 ? {} : { method: "POST", body: "x".repeat(100_000) };
      expect(await (await fetch(`http://${ingress.fqdn}/`, body)).text()).toBe("alive");
    }
    expect(ingress.counters()).toMatchObject({ requests: 4, requestsByReplica: { alive: 4 }, failed: 0 });
    alive.close();
    alive.closeAllConnections();
  });
});

const openSpec = {
  appId: "a",
  appName: "a",
  transport: "auto",
  affinity: "sticky",
  allowedRanges: [],
  clientCertificateMode: "ignore",
} as const;
