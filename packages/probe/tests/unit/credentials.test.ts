import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Credentials } from "../../src/http/credentials.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function tokens() {
  let fetched = 0;
  const credentials = new Credentials({
    headers: { "x-key": "k" },
    fetchToken: async () => `token-number-${++fetched}`,
  });
  return { credentials, count: () => fetched };
}

describe("a renewable token", () => {
  test("many refusals at once fetch only one token, and a request refused with an older one reuses it", async () => {
    const { credentials, count } = tokens();
    await credentials.obtain();
    const old = credentials.headers;
    expect(old).toEqual({ "x-key": "k", authorization: "Bearer token-number-1" });
    expect(await Promise.all([old, old, old].map((sent) => credentials.renewed(sent)))).toEqual([true, true, true]);
    expect(await credentials.renewed(old)).toBe(true);
    expect(count()).toBe(2);
  });

  test("is fetched at most once a minute after a refusal", async () => {
    const { credentials, count } = tokens();
    await credentials.obtain();
    expect(await credentials.renewed(credentials.headers)).toBe(true);
    vi.advanceTimersByTime(59_000);
    expect(await credentials.renewed(credentials.headers)).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(await credentials.renewed(credentials.headers)).toBe(true);
    expect(count()).toBe(3);
  });

  test("doesn't lead to another attempt if it is the same or can't be fetched", async () => {
    for (const again of [async () => "same-token", () => Promise.reject(new Error("expired sign-in"))]) {
      let fetch: () => Promise<string> = async () => "same-token";
      const credentials = new Credentials({ headers: {}, fetchToken: () => fetch() });
      await credentials.obtain();
      fetch = again;
      expect(await credentials.renewed(credentials.headers)).toBe(false);
      expect(credentials.headers.authorization).toBe("Bearer same-token");
    }
  });
});

test("a fixed token is never fetched again", async () => {
  const credentials = new Credentials({ headers: { authorization: "Bearer x" }, fetchToken: undefined });
  await credentials.obtain();
  expect(await credentials.renewed(credentials.headers)).toBe(false);
});

test("hides current and earlier tokens and header values, with and without their scheme", async () => {
  const { credentials } = tokens();
  await credentials.obtain();
  await credentials.renewed(credentials.headers);
  expect(credentials.hide("token-number-1, token-number-2, k")).toBe("[secret], [secret], k");
  const fixed = new Credentials({
    headers: { authorization: "Basic dXNlcjpwYXNz", "x-key": "12345678" },
    fetchToken: undefined,
  });
  expect(fixed.hide("dXNlcjpwYXNz 12345678")).toBe("[secret] [secret]");
});
