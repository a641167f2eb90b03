import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextReplicas, shouldScaleToZero, type Want, wantedReplicas } from "../../../src/dataPlane/scaling/scaler.ts";

const spec = { minReplicas: 2, maxReplicas: 10, concurrentRequests: 100 };
const times = { intervalSeconds: 15, stabilizationSeconds: 300 };

describe("the HTTP rule", () => {
  test.for([
    [0, 2],
    [15 * 200, 2],
    [15 * 201, 3],
    [15 * 1000, 10],
    [15 * 9999, 10],
  ] as const)("%i requests in 15 seconds want %i replicas", ([requests, replicas]) => {
    expect(wantedReplicas(spec, requests, 15)).toBe(replicas);
  });

  test("wants at least one replica, even with minReplicas 0 or without a rule: only the cool-down removes the last one", () => {
    expect(wantedReplicas({ minReplicas: 0, maxReplicas: 5 }, 1e6, 15)).toBe(1);
    expect(wantedReplicas({ minReplicas: 0, maxReplicas: 5, concurrentRequests: 10 }, 0, 15)).toBe(1);
  });
});

describe("scale to zero", () => {
  test.for([
    ["happens after Azure's default of 300 seconds", { minReplicas: 0 }, 300, true],
    ["does not happen earlier", { minReplicas: 0 }, 299.9, false],
    ["happens after the template's cool-down period", { minReplicas: 0, cooldownSeconds: 30 }, 30, true],
    ["never happens if minReplicas is at least 1", { minReplicas: 1, cooldownSeconds: 1 }, 1e6, false],
  ] as const)("%s", ([, scale, idleSeconds, expected]) => {
    expect(shouldScaleToZero(scale, idleSeconds)).toBe(expected);
  });
});

describe("the number of replicas", () => {
  const every = (seconds: number, ...replicas: number[]): Want[] =>
    replicas.map((n, i) => ({ at: i * seconds * 1000, replicas: n }));

  test.for([
    [1, 9, 4],
    [2, 9, 4],
    [4, 9, 8],
    [8, 9, 9],
  ] as const)("goes from %i towards %i with a step to %i", ([current, wanted, next]) => {
    expect(nextReplicas(current, every(15, wanted), 0, times)).toBe(next);
  });

  test("decreases only if fewer replicas were enough for the whole stabilization window", () => {
    const short = every(15, ...Array<number>(20).fill(2));
    expect(nextReplicas(5, short, 19 * 15_000, times)).toBe(5);
    const long = every(15, ...Array<number>(21).fill(2));
    expect(nextReplicas(5, long, 20 * 15_000, times)).toBe(2);
    const busy = every(15, 2, ...Array<number>(10).fill(4), ...Array<number>(12).fill(2));
    expect(nextReplicas(5, busy, 22 * 15_000, times)).toBe(4);
  });

  test("stays in the range between the current and the wanted numbers", () => {
    const wants = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), wants, (current, list) => {
        const next = nextReplicas(current, every(15, ...list), list.length * 15_000, times);
        expect(next).toBeGreaterThanOrEqual(Math.min(current, ...list));
        expect(next).toBeLessThanOrEqual(Math.max(current, list.at(-1) ?? 0));
      }),
    );
  });
});
