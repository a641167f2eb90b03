import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../src/evidence/runRecord.ts";
import { summarize } from "../../src/report/summary.ts";
import { by, cookie, exchange, gathered, ok, opened, reached, session } from "../support/runRecords.ts";

const notesOf = (change: Partial<RunRecord>, url?: string) => summarize(gathered(change, url)).notes;

describe("notes on a run", () => {
  test("there are none if nothing is worth one", () => {
    const main = [1, 2, 3, 4].map((i) => session(i, `${i % 2}`, [opened(`${i % 2}`), by(`r${i % 2}`)]));
    expect(notesOf({ main })).toEqual([]);
    expect(notesOf({ main, streams: { held: 4, lost: 0, dropped: 0, refused: 0 } })).toEqual([]);
    expect(notesOf({ main, official: { client: "sdk", sessions: 3, ok: 3, error: null } })).toEqual([]);
  });

  test("say that it was interrupted, and which calls failed", () => {
    expect(notesOf({ interrupted: true })).toEqual([
      "The run was interrupted; the counts cover only what was done until then.",
      "1 of 8 calls failed (timeout: 1).",
    ]);
  });

  test("say that the gateway also speaks the protocol without sessions, unless that is all it speaks", () => {
    const said = "2026-07-28";
    expect(notesOf({ preflight: { ...reached, speaksSessionless: true } }).join()).toContain(said);
    expect(notesOf({ preflight: { ...reached, speaksSessionless: false } }).join()).not.toContain(said);
    const only = { ...reached, sessions: "sessionless", speaksSessionless: true } as const;
    expect(notesOf({ preflight: only }).join()).not.toContain(said);
  });

  test("say that a cookie is marked Secure but the URL is plain http", () => {
    const run = gathered();
    run.cookies.add(exchange(ok, undefined, [{ ...cookie("1"), name: "s", secure: true }]));
    const { cookies } = run;
    expect(notesOf({ cookies }, "http://127.0.0.1:1").join()).toContain("marked Secure but the URL is plain http");
    expect(notesOf({ cookies }).join()).not.toContain("Secure");
    expect(notesOf({}, "http://127.0.0.1:1").join()).not.toContain("Secure");
  });

  test("count GET streams that failed or were closed, and give the official client's first error", () => {
    const streams = { held: 4, lost: 0, dropped: 2, refused: 3 };
    const official = { client: "sdk", sessions: 3, ok: 2, error: "Connection closed" } as const;
    const notes = notesOf({ streams, official });
    expect(notes).toContain("3 GET streams couldn't be opened.");
    expect(notes).toContain("The gateway closed 2 of 4 GET streams during the run.");
    expect(notes).toContain("The official client completed 2 of 3 sessions. First error: Connection closed");
    const one = { held: 1, lost: 0, dropped: 1, refused: 1 };
    expect(notesOf({ streams: one })).toContain("1 GET stream couldn't be opened.");
    expect(notesOf({ streams: one })).toContain("The gateway closed 1 of 1 GET stream during the run.");
  });

  test("give no error of an official client that an interruption stopped", () => {
    const official = { client: "sdk", sessions: 3, ok: 1, error: null } as const;
    expect(notesOf({ official })).toContain("The official client completed 1 of 3 sessions.");
  });

  test.each([
    [3600.4, 1],
    [0, 0],
    [-1, 0],
    [undefined, 0],
  ])("say that the affinity cookie expires after %s s: %i", (lifetime, count) => {
    const run = gathered();
    run.cookies.add(exchange(ok, undefined, [{ ...cookie("1"), lifetime }]));
    const notes = summarize(run).notes.filter((note) => note.includes("The cookie acaAffinity expires 3600 s after"));
    expect(notes).toHaveLength(count);
  });

  test.each([
    [[14, 3, 3], 1],
    [[13, 4, 3], 0],
    [[20], 0],
    [[17, 1, 1], 0],
  ])(
    "say that the load is uneven if one replica has twice its share of 20 sessions or more: %j sessions each: %i",
    (shares, count) => {
      const replicas = shares.flatMap((share, i) => Array.from({ length: share }, () => `r${i}`));
      const main = replicas.map((replica, i) => session(i + 1, replica, [opened(replica), by(replica)]));
      const said = "The load is uneven: one of 3 replicas has 14 of 20 sessions.";
      expect(notesOf({ main }).filter((note) => note.includes("uneven"))).toEqual(count === 1 ? [said] : []);
    },
  );
});
