import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { affinityCookie, readCookie } from "../../../src/dataPlane/ingress/affinity/cookie.ts";

const name = "acaAffinity";
const value = fc.stringMatching(/^[\da-f]{16}$/);
/** Pairs of other cookies, with any bytes except the separator. */
const other = fc
  .string({ unit: "binary", maxLength: 30 })
  .map((text) => text.replaceAll(";", ""))
  .filter((text) => text.split("=")[0]?.trim() !== name);

describe("the affinity cookie of a request", () => {
  test("is found, quoted or not, anywhere among other cookies with any bytes", () => {
    fc.assert(
      fc.property(value, fc.boolean(), fc.array(other), fc.array(other), (id, quoted, before, after) => {
        const pair = `${name}=${quoted ? `"${id}"` : id}`;
        expect(readCookie([...before, pair, ...after].join("; "), name)).toBe(id);
      }),
    );
  });

  test("is read back as it was set", () => {
    fc.assert(
      fc.property(value, (id) => {
        expect(readCookie(affinityCookie(name, id).split(";")[0], name)).toBe(id);
      }),
    );
  });

  test("is always a short value of harmless characters, whatever the header contains", () => {
    const header = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom(name, "=", '"', ";", " ", "a", "%00", "\\")).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(header, (text) => {
        const read = readCookie(text, name);
        if (read !== undefined) expect(read).toMatch(/^[\w.~+/=-]{1,128}$/);
      }),
      { numRuns: 2000 },
    );
  });

  test.for([
    ["acaAffinity=a; acaAffinity=b", "a"],
    ["xacaAffinity=a; acaAffinity=b", "b"],
    ["acaaffinity=a", undefined],
    [" acaAffinity = a ", "a"],
    ["acaAffinity", undefined],
    ["acaAffinity=", undefined],
    ['acaAffinity="a', undefined],
    ['acaAffinity="abc', undefined],
    ['acaAffinity="', undefined],
    ["acaAffinityX", undefined],
    ["=acaAffinity", undefined],
    [undefined, undefined],
  ] as const)("%j gives %j", ([header, expected]) => expect(readCookie(header, name)).toBe(expected));
});
