import { describe, expect, test } from "vitest";
import { secureCookiesAllowed } from "../../../src/probe/channel.ts";
import { CookieJar, parseSetCookie } from "../../../src/probe/cookies.ts";

describe("a Set-Cookie line", () => {
  test("as captured from Container Apps: quotes stay part of the value", () => {
    expect(parseSetCookie('acaAffinity="4b163c42b8f13b28"; Path=/; HttpOnly; SameSite=None; Secure;')).toEqual({
      name: "acaAffinity",
      value: '"4b163c42b8f13b28"',
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "None",
      removes: false,
    });
  });
  test.each([
    ["a=1; Max-Age=0", true],
    ["a=1; Max-Age=-1", true],
    ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true],
    ["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false],
    ["a=1; Expires=nonsense", false],
  ])("%s removes: %s", (line, removes) => expect(parseSetCookie(line)?.removes).toBe(removes));
  test.each(["", ";", "=x", "novalue"])("'%s' names no cookie", (line) => expect(parseSetCookie(line)).toBeUndefined());
});

describe("the jar", () => {
  test("sends all that match the path, the last value of each", () => {
    const jar = new CookieJar(true);
    jar.store(["a=1; Path=/", "b=2; Path=/other", "c=3; Path=/mcp", "d=4; Path=/mc"]);
    jar.store(["a=5"]);
    expect(jar.header("/mcp")).toBe("a=5; c=3");
  });
  test("forgets what an answer takes away", () => {
    const jar = new CookieJar(true);
    jar.store(["a=1"]);
    jar.store(["a=; Max-Age=0"]);
    expect(jar.header("/")).toBeUndefined();
  });
  test("keeps Secure cookies from plain http to another machine, and shows that it has them", () => {
    const jar = new CookieJar(secureCookiesAllowed(new URL("http://gateway.example/mcp")));
    jar.store(["a=1; Secure"]);
    expect(jar.header("/")).toBeUndefined();
    expect(jar.values()).toEqual(new Map([["a", "1"]]));
  });
  test.each([
    ["https://gateway.example", true],
    ["http://127.0.0.1:1", true],
    ["http://localhost", true],
    ["http://[::1]", true],
    ["http://127.evil.example", false],
  ])("Secure cookies to %s: %s", (url, allowed) => expect(secureCookiesAllowed(new URL(url))).toBe(allowed));
});
