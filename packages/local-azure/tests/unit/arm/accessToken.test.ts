import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identity, Tokens } from "../../../src/arm/token.ts";

const now = 1_700_000_000;
const audience = "https://127.0.0.1:1";

describe("access tokens of the local Azure", () => {
  test("are taken for their audience, with or without a slash at its end, until they expire", () => {
    const tokens = new Tokens("urn:test");
    const { token, expiresOn } = tokens.issue(`${audience}/`, now);
    expect(tokens.verify(token, [audience], now)).toEqual({ kind: "valid", caller: identity.principal });
    expect(tokens.verify(token, ["https://elsewhere"], now)).toMatchObject({
      kind: "refused",
      why: expect.stringContaining("wrong audience"),
    });
    expect(tokens.verify(token, [audience], expiresOn)).toMatchObject({
      kind: "refused",
      why: "The access token expired.",
    });
  });

  test("of another server, or changed anywhere, are refused", () => {
    const tokens = new Tokens("urn:test");
    const { token } = tokens.issue(audience, now);
    expect(new Tokens("urn:test").verify(token, [audience], now).kind).toBe("refused");
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom("A", "z", "0", "."), (index, character) => {
        fc.pre(token[index] !== character);
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        // The last character of a base64url text has bits that do not count; the bytes are what is signed.
        fc.pre(
          !Buffer.from(changed.split(".")[2] ?? "", "base64url").equals(
            Buffer.from(token.split(".")[2] ?? "", "base64url"),
          ) || index < token.lastIndexOf("."),
        );
        expect(tokens.verify(changed, [audience], now).kind).toBe("refused");
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => void expect(tokens.verify(text, [audience], now).kind).toBe("refused")),
    );
  });
});
