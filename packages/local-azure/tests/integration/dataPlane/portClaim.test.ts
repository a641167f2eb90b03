import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { claimPort } from "../../../src/dataPlane/replicas/process/portClaim.ts";

const module = new URL("../../../src/dataPlane/replicas/process/portClaim.ts", import.meta.url).href;

/** What another process gets that draws nothing but this number. */
async function elsewhere(drawn: number): Promise<string> {
  const line = `Math.random = () => ${drawn}; const { claimPort } = await import(${JSON.stringify(module)});
    process.stdout.write(await claimPort().then(({ port }) => String(port), () => "none"));`;
  return (await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", line])).stdout;
}

/** The number to draw for this port. */
const drawnFor = (port: number): number => (port - 15_000 + 0.5) / 17_000;

test.skipIf(process.platform !== "linux")(
  "a port that is claimed and not yet listened on is given to nobody else, in this process or another, until it is released (Linux)",
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
    // Another port each time, as a test beside this one may have claimed the one that was released.
    const releasedAndClaimed = async (): Promise<boolean> => {
      const claim = await claimPort();
      claim.release();
      return (await elsewhere(drawnFor(claim.port))) === String(claim.port);
    };
    await expect.poll(releasedAndClaimed, { timeout: 30_000 }).toBe(true);
  },
);
