import fc from "fast-check";
import { expect, test } from "vitest";

test.skipIf(process.env.SEED === "random")(
  "property tests draw the same values in each run (skipped if SEED is random)",
  () => {
    const drawn = (): number[] => {
      const values: number[] = [];
      fc.assert(fc.property(fc.nat(), (value) => void values.push(value)));
      return values;
    };
    expect(drawn()).toEqual(drawn());
  },
);
