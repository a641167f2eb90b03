import fc from "fast-check";

/**
 * Property tests draw the same values in every run, so that one commit has one result.
 * `SEED=random npm test` draws other values (a failure prints its seed); `SEED=<number>` repeats them.
 */
const seed = process.env.SEED ?? "20261123";
if (seed !== "random") fc.configureGlobal({ seed: Number(seed) });
