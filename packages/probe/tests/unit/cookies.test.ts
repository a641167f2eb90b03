import { afterEach, describe, expect, test, vi } from "vitest";
import { CookieJar, parseSetCookie, secureCookiesAllowed } from "../../src/http/cookies.ts";

describe("a Set-Cookie line", () => {
  test("as captured from Container Apps: quotes stay part of the value", () => {
    expect(parseSetCookie('acaAffinity="4b163c42b8f13b28"; Path=/; HttpOnly; SameSite=None; Secure;')).toEqual({
      name: "acaAffinity",
      value: '"4b163c42b8f13b28"',
      domain: undefined,
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "None",
      lifetime: undefined,
    });
  });
  test.each([
    ["a=1", undefined],
    ["a=1; Max-Age=0", 0],
    ["a=1; Max-Age=-1", -1],
    ["a=1; Max-Age=soon", undefined],
    ["a=1; Expires=Thu, 01 Jan 1970 00:01:40 GMT", 40],
    ["a=1; Max-Age=90; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 90],
    ["a=1; Expires=nonsense", undefined],
  ])("%s lives %s s at one minute after the epoch", (line, seconds) => {
    expect(parseSetCookie(line, 60_000)?.lifetime).toBe(seconds);
  });
  test.each([
    ["a=1; Domain=.Gateway.example", "gateway.example"],
    ["a=1; Domain=", undefined],
  ])("%s has the domain %s", (line, domain) => expect(parseSetCookie(line)?.domain).toBe(domain));
  test.each(["", ";", "=x", "novalue"])("'%s' names no cookie", (line) => expect(parseSetCookie(line)).toBeUndefined());
});

describe("the jar", () => {
  const gateway = new URL("https://mcp.gateway.example/mcp");
  const sent = (lines: readonly string[], url = gateway, path = url.pathname) => {
    const jar = new CookieJar(url);
    jar.store(lines);
    return jar.pick(path);
  };
  afterEach(() => vi.restoreAllMocks());

  test("sends the latest value of each cookie that matches the path", () => {
    const jar = new CookieJar(gateway);
    jar.store(["a=1; Path=/", "b=2; Path=/other", "c=3; Path=/mcp", "d=4; Path=/mc"]);
    jar.store(["a=5"]);
    const withheld = ["b", "d"].map((name) => ({ name, obstacle: "path" }));
    expect(jar.pick("/mcp")).toEqual({ header: "a=5; c=3", withheld });
  });
  test("drops a cookie that an answer deletes", () => {
    const jar = new CookieJar(gateway);
    jar.store(["a=1"]);
    jar.store(["a=; Max-Age=0"]);
    expect(jar.pick("/mcp")).toEqual({ header: undefined, withheld: [] });
  });
  test("doesn't send Secure cookies over plain http to another machine, but lists them", () => {
    const jar = new CookieJar(new URL("http://gateway.example/mcp"));
    jar.store(["a=1; Secure"]);
    expect(jar.pick("/mcp")).toEqual({ header: undefined, withheld: [{ name: "a", obstacle: "secure" }] });
    expect(jar.values()).toEqual(new Map([["a", "1"]]));
  });
  test.each([
    ["mcp.gateway.example", true],
    [".gateway.example", true],
    ["gateway.example", true],
    ["app.gateway.example", false],
    ["way.example", false],
    ["app.azurewebsites.net", false],
  ])("a cookie for the domain %s is returned: %s", (domain, back) => {
    const expected = back
      ? { header: "a=1", withheld: [] }
      : { header: undefined, withheld: [{ name: "a", obstacle: "domain" }] };
    expect(sent([`a=1; Domain=${domain}`])).toEqual(expected);
  });
  test("an IP address only matches itself as a domain", () => {
    const url = new URL("http://127.0.0.1/mcp");
    expect(sent(["a=1; Domain=127.0.0.1"], url).header).toBe("a=1");
    expect(sent(["a=1; Domain=0.0.1"], url).withheld).toEqual([{ name: "a", obstacle: "domain" }]);
  });
  test("a cookie without a path goes to the folder of the URL that set it", () => {
    const url = new URL("https://gateway.example/one/sse");
    expect(sent(["a=1"], url, "/one/messages").header).toBe("a=1");
    expect(sent(["a=1"], url, "/messages").withheld).toEqual([{ name: "a", obstacle: "path" }]);
    expect(sent(["a=1"], gateway, "/messages").header).toBe("a=1");
  });
  test("an expired cookie is not sent until it is set again", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const jar = new CookieJar(gateway);
    jar.store(["a=1; Max-Age=2"]);
    now.mockReturnValue(1_999);
    expect(jar.pick("/mcp").header).toBe("a=1");
    now.mockReturnValue(2_000);
    expect(jar.pick("/mcp")).toEqual({ header: undefined, withheld: [{ name: "a", obstacle: "expired" }] });
    jar.store(["a=2; Max-Age=2"]);
    expect(jar.pick("/mcp").header).toBe("a=2");
  });
  test.each([
    ["https://gateway.example", true],
    ["http://127.0.0.1:1", true],
    ["http://localhost", true],
    ["http://[::1]", true],
    ["http://127.evil.example", false],
  ])("Secure cookies to %s: %s", (url, allowed) => expect(secureCookiesAllowed(new URL(url))).toBe(allowed));
});
