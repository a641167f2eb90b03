import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identity, Tokens } from "../../../src/arm/token.ts";

const now = 1_700_000_000;
const audience = "https://127.0.0.1:1";

describe("access tokens of the local Azure", () => {
  test("are valid for their audience, with or without a trailing slash, until they expire", () => {
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

  test("are refused if another server issued them or any character has changed", () => {
    const tokens = new Tokens("urn:test");
    const { token } = tokens.issue(audience, now);
    expect(new Tokens("urn:test").verify(token, [audience], now).kind).toBe("refused");
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom("A", "z", "0", "."), (index, character) => {
        fc.pre(token[index] !== character);
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        // Some bits of the last base64url character are unused, so compare the decoded bytes.
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
