import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { claimPort } from "../../../src/dataPlane/replicas/process/portClaim.ts";

const module = new URL("../../../src/dataPlane/replicas/process/portClaim.ts", import.meta.url).href;

/**
 * Claims a port in another process in which `Math.random` always returns this number. Resolves to the port or `none`.
 */
async function elsewhere(drawn: number): Promise<string> {
  const line = `Math.random = () => ${drawn}; const { claimPort } = await import(${JSON.stringify(module)});
    process.stdout.write(await claimPort().then(({ port }) => String(port), () => "none"));`;
  return (await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", line])).stdout;
}

/** Returns the random number that leads to this port. */
const drawnFor = (port: number): number => (port - 15_000 + 0.5) / 17_000;

test.skipIf(process.platform !== "linux")(
  "no other claim, in this process or another, gets a claimed port until it is released (Linux)",
  async () => {
    const { port, release } = await claimPort();
    const random = vi.spyOn(Math, "random").mockReturnValue(drawnFor(port));
    try {
      await expect(claimPort()).rejects.toThrow("found no free port");
      expect(await elsewhere(drawnFor(port))).toBe("none");
    } finally {
      random.mockRestore();
      release();
    }
    // Tries another port each time, because a concurrent test may have claimed the released one.
    const releasedAndClaimed = async (): Promise<boolean> => {
      const claim = await claimPort();
      claim.release();
      return (await elsewhere(drawnFor(claim.port))) === String(claim.port);
    };
    await expect.poll(releasedAndClaimed, { timeout: 30_000 }).toBe(true);
  },
);
