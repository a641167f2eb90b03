import { describe, expect, test } from "vitest";
import { type Fate, fatesOf } from "../../src/evidence/fate.ts";
import type { History, Step } from "../../src/evidence/history.ts";
import { identify } from "../../src/evidence/identify.ts";
import { chooseIdentity, findCookie } from "../../src/evidence/identity.ts";
import { tally } from "../../src/evidence/tally.ts";

/**
 * A history in a line: `open a=1` opens with a cookie, `r1` is a call that replica r1 answered, `ok` one of which nobody
 * knows who answered it, `LOST` a lost one, `LOST a=2` with a new cookie, `LOST@r1` by the word of r1, `FAIL` one that failed.
 * One step a second.
 */
function history(ordinal: number, line: string, from = 0): History {
  let cookies: readonly string[] = [];
  const steps = line.split(", ").map((word, i): Step => {
    const [said = "", cookie] = word.split(" ");
    const [what = "", teller = what] = said.split("@");
    const cookieReplaced = cookie !== undefined && cookies.length > 0;
    if (cookie !== undefined) cookies = [cookie];
    const result: Step["result"] =
      what === "LOST"
        ? { kind: "lost", sign: "404", detail: "" }
        : what === "FAIL"
          ? { kind: "failed", reason: "timeout", detail: "" }
          : { kind: "answered" };
    const replica = /^r\d+$/.test(teller) ? teller : undefined;
    const phase = i === 0 ? "open" : "call";
    return { at: (from + i) * 1_000, milliseconds: 10, phase, fresh: false, result, replica, cookies, cookieReplaced };
  });
  return { ordinal, group: "main", id: undefined, steps };
}

function fates(...lines: string[]): Fate[] {
  const histories = lines.map((line, i) => history(i + 1, line, i / 10));
  return fatesOf(histories, chooseIdentity(histories, findCookie(histories)));
}

const why = (fate: Fate | undefined) => (fate?.kind === "lost" ? fate.why : fate?.kind);

describe("the fate of a session", () => {
  test("held: all calls by the same replica, one that failed on the way notwithstanding", () => {
    expect(fates("open, r1, FAIL, r1")[0]).toEqual({ kind: "held" });
  });
  test("moved: another replica answered", () => {
    expect(fates("open, r1, r2, r1")[0]).toMatchObject({ kind: "moved", from: "r1", to: "r2", homeGone: false });
    expect(fates("open, r1, r2, r2")[0]).toMatchObject({ homeGone: true });
  });
  test("moved, and its replica was away: given another cookie it stays there, though the replica serves again", () => {
    const back = ["open a=1, r1, r2 a=2, r2, r2", "open a=1, r1, r1, r1, r1", "open a=2, r2, r2, r2, r2"];
    expect(fates(...back)[0]).toMatchObject({ kind: "moved", homeGone: true });
  });
  test("moved, and its replica was there: one session of it moves on although it was given another cookie", () => {
    const ignored = ["open a=1, r1, r2 a=2, r2, r2", "open a=1, r1, r2 a=2, r1 a=1, r1", "open a=2, r2, r2, r2, r2"];
    expect(fates(...ignored)[0]).toMatchObject({ kind: "moved", homeGone: false });
  });
  test("moved, and its replica was there: nothing shows that another cookie leads to stay, or there was no other", () => {
    const stays = "open a=1, r1, r1, r1, r1, r1";
    expect(fates("open a=1, r1, r2 a=2", stays)[0]).toMatchObject({ kind: "moved", homeGone: false });
    expect(fates("open a=1, r1, r2, r2, r2", stays)[0]).toMatchObject({ kind: "moved", homeGone: false });
  });
  test("failed: the last call, or the opening", () => {
    expect(fates("open, r1, FAIL")[0]).toMatchObject({ kind: "failed", reason: "timeout" });
    expect(fates("FAIL")[0]).toMatchObject({ kind: "failed" });
  });
});

describe("why a session was lost", () => {
  test("at once: before any call was answered", () => expect(why(fates("open, LOST")[0])).toBe("at-once"));
  test("replica gone, also at the first call: its cookie names a replica that served until then, and others lose none", () => {
    const late = [history(1, "open a=1, r1, LOST a=2", 0), history(2, "open a=1, LOST a=2", 1.5)];
    const others = [3, 4].map((ordinal) => history(ordinal, "open a=2, r2, r2, r2, r2", 0));
    const histories = [...late, ...others, history(5, "open a=1, LOST", 3)];
    const identity = chooseIdentity(histories, findCookie(histories));
    const causes = ["replica-gone", "replica-gone", "held", "held", "restarted"];
    expect(fatesOf(histories, identity).map(why)).toEqual(causes);
  });
  test("at once, where every replica loses sessions from the beginning on, new cookies or not", () => {
    const all = fates("open a=1, r1, LOST a=2", "open a=1, LOST a=2", "open a=2, r2, LOST a=1", "open a=2, LOST a=1");
    expect([why(all[1]), why(all[3])]).toEqual(["at-once", "at-once"]);
  });
  test("misrouted: its replica served another old session afterwards", () => {
    expect(why(fates("open, r1, LOST", "open, r1, r1, r1")[0])).toBe("misrouted");
  });
  test("forgotten: so did it, and the lost one was given no other cookie than the one that leads there", () => {
    const others = ["open a=1, r1, r1, r1", "open a=2, r2, r2, r2", "open a=2, r2, r2, r2"];
    expect(why(fates("open a=1, r1, LOST", ...others)[0])).toBe("forgotten");
    expect(why(fates("open a=1, r1, LOST a=2", ...others)[0])).toBe("misrouted");
  });
  test("forgotten, by the word of its own replica, which serves others; restarted, where it serves none that is older", () => {
    expect(why(fates("open, r1, LOST@r1", "open, r1, r1, r1, r1")[0])).toBe("forgotten");
    expect(why(fates("open, r1, LOST@r1", "open, r2, r2, r2, r2")[0])).toBe("restarted");
    expect(why(fates("open, r1, LOST@r2", "open, r1, r1, r1, r1")[0])).toBe("misrouted");
  });
  test("not misrouted where the other session was opened only later, as after a restart under the same name", () => {
    const histories = [history(1, "open, r1, LOST a=2", 0), history(2, "open, r1, r1", 5)];
    expect(why(fatesOf(histories, chooseIdentity(histories, findCookie(histories)))[0])).not.toBe("misrouted");
  });
  test("replica gone: a new cookie came with the loss, and nobody is served there any more", () => {
    expect(why(fates("open a=1, r1, LOST a=2", "open a=2, r2, r2, r2")[0])).toBe("replica-gone");
  });
  test("restarted: its cookie still led there, and all sessions of the replica are lost", () => {
    const all = fates(
      "open a=1, r1, LOST",
      "open a=1, r1, LOST",
      "open a=1, r1, LOST",
      "open a=2, r2, r2",
      "open a=2, r2, r2",
    );
    expect(all.slice(0, 3).map(why)).toEqual(["restarted", "restarted", "restarted"]);
  });
  test("replica gone, where every session has a cookie of its own: a hash gives no new one", () => {
    const all = fates("open a=1, r1, LOST", "open a=2, r1, LOST", "open a=3, r2, r2");
    expect(all.slice(0, 2).map(why)).toEqual(["replica-gone", "replica-gone"]);
  });
  test("unknown: one session of a replica that nobody asked again", () => {
    expect(why(fates("open, r1, LOST", "open, r2, r2")[0])).toBe("unknown");
  });
});

describe("what tells replicas apart", () => {
  const identityOf = (...lines: string[]) => {
    const histories = lines.map((line, i) => history(i + 1, line));
    const cookie = findCookie(histories);
    return { cookie, by: chooseIdentity(histories, cookie).by };
  };
  test("the answers, where they say it", () => expect(identityOf("open a=1, r1").by).toBe("answer"));
  test("a cookie whose values several sessions share", () => {
    const lines = ["open a=1, ok", "open a=1, ok", "open a=2, ok", "open a=2, ok"];
    expect(identityOf(...lines)).toEqual({
      by: "cookie",
      cookie: { kind: "affinity", name: "a", known: false, per: "replica" },
    });
  });
  test("not a cookie of which every session has its own value", () => {
    expect(identityOf("open a=1, ok", "open a=2, ok", "open a=3, ok")).toMatchObject({
      by: "unseen",
      cookie: { per: "session" },
    });
  });
  test("a cookie that is the same for all is none that leads to a replica", () => {
    const constant = { kind: "constant", name: "a", known: false };
    expect(identityOf("open a=1, ok", "open a=1, ok")).toEqual({ by: "unseen", cookie: constant });
    expect(identityOf("open ARRAffinity=1, ok", "open ARRAffinity=1, ok").by).toBe("cookie");
  });
  test.each(["acaAffinity", "ARRAffinity"])("%s is known by its name", (name) => {
    expect(identityOf(`open ${name}=1, ok`, `open ${name}=2, ok`).cookie).toMatchObject({ name, known: true });
  });
});

describe("names that what was seen contradicts", () => {
  const by = (main: readonly string[], control: readonly string[] = [], told = false) => {
    const groups = [main, control].map((lines) => lines.map((line, i) => history(i + 1, line, i / 10)));
    const [first = [], second = []] = groups;
    return identify({ main: first, control: second, told }).by;
  };
  const known = ["1", "1", "2", "2"].map((value) => `open acaAffinity=${value}, r1, r1`);
  const trial = ["a", "a", "b", "b"].map((value) => `open trial=${value}, ok`);

  test("sessions moved, and without cookies some are lost: those could not have been resumed", () => {
    expect(by(["open a=1, r1, r2", "open a=1, r1, r2"], ["open, ok"])).toBe("answer");
    expect(by(["open acaAffinity=1, r1, r2 acaAffinity=2", "open acaAffinity=2, r1, r2"], ["open, LOST"])).toBe(
      "unseen",
    );
    expect(by([...known, "open acaAffinity=2, r1, r2"], ["open, LOST"])).toBe("cookie");
  });
  test("sessions were lost with cookies as well: the names stand", () => {
    expect(by(["open a=1, r1, r2", "open a=1, r1, LOST"], ["open, LOST"])).toBe("answer");
  });
  test("sessions moved under one and the same cookie of Azure's", () => {
    expect(by(["open acaAffinity=1, r1, r2", "open acaAffinity=1, r1, r2"])).toBe("cookie");
    expect(by(["open acaAffinity=1, r1, r2 acaAffinity=2", "open acaAffinity=1, r1, r2"])).toBe("answer");
    expect(by(["open a=1, r1, r2", "open a=1, r1, r2"])).toBe("answer");
  });
  test("one name for all, where Azure's cookie tells replicas apart", () => {
    expect(by(known)).toBe("cookie");
    expect(by(known.map((line) => line.replace("acaAffinity", "a")))).toBe("answer");
  });
  test("names that hardly ever repeat, from 20 answers on", () => {
    const line = (from: number) => `open, ${Array.from({ length: 10 }, (_, i) => `r${from + i}`).join(", ")}`;
    expect(by([line(0)])).toBe("answer");
    expect(by([line(0), line(10)])).toBe("unseen");
    expect(by([line(0), line(0)])).toBe("answer");
  });
  test("a cookie that is set anew with each answer, while sessions are lost only without it", () => {
    const anew = ["1", "1", "2", "2"].map((value) => `open SRV=${value}, ok SRV=${value}+, ok SRV=${value}++`);
    expect(by(anew, ["open, LOST"])).toBe("unseen");
    expect(
      by(
        anew.map((line) => line.replaceAll("SRV", "acaAffinity")),
        ["open, LOST"],
      ),
    ).toBe("unseen");
    expect(by([...anew, "open SRV=1, ok SRV=1+, LOST"], ["open, LOST"])).toBe("cookie");
  });
  test("not where the user has said which header names them", () => {
    expect(by(known, [], true)).toBe("answer");
  });
  test("a cookie of unknown name counts once sessions are lost, with it or without", () => {
    expect(by(trial)).toBe("unseen");
    expect(by(trial, ["open, LOST"])).toBe("cookie");
    expect(by([...trial, "open trial=b, LOST"])).toBe("cookie");
    expect(by(known.map((line) => line.replaceAll("r1", "ok")))).toBe("cookie");
  });
});

test("the counts of a group add up", () => {
  const histories = ["open, r1, r1", "open, r1, r2", "open, r2, LOST", "open, r2, FAIL"].map((line, i) =>
    history(i + 1, line),
  );
  const identity = chooseIdentity(histories, findCookie(histories));
  const counts = tally(histories, fatesOf(histories, identity), identity);
  expect(counts).toMatchObject({ sessions: 4, held: 1, moved: 1, lost: 1, failed: 1, calls: 8, callsFailed: 1 });
  expect(counts).toMatchObject({ signs: { "404": 1 }, failures: { timeout: 1 } });
  expect(counts.allLose).toBe(false);
  expect(tally(histories.slice(0, 3), fatesOf(histories.slice(0, 3), identity), identity).allLose).toBe(false);
  const both = ["open, r1, LOST", "open, r2, LOST", "open, r2, r2"].map((line, i) => history(i + 1, line));
  expect(tally(both, fatesOf(both, identity), identity).allLose).toBe(true);
  expect(Object.fromEntries(counts.replicas)).toEqual({ r1: { opened: 2, calls: 3 }, r2: { opened: 2, calls: 3 } });
  expect(counts).toMatchObject({ trials: 5, trialsBeforeLoss: 4, elsewhere: 1 });
});

test("trials before a loss: of all sessions, until the first of them is lost", () => {
  const counted = (...lines: string[]) => {
    const histories = lines.map((line, i) => {
      const { steps, ...one } = history(i + 1, line);
      return { ...one, steps: steps.map((step) => ({ ...step, fresh: true })) };
    });
    const identity = chooseIdentity(histories, findCookie(histories));
    return tally(histories, fatesOf(histories, identity), identity).trialsBeforeLoss;
  };
  expect(counted("open, r1, r1, LOST", "open, r2, r2, r2, LOST", "open, r2, r2, r2, r2")).toBe(6);
  expect(counted("open, LOST", "open, r2, r2")).toBe(0);
  expect(counted("open, r1, r1", "open, r2")).toBe(3);
});

test("of those that moved and were lost: whose replica was away, and who was given another cookie", () => {
  const counted = (...lines: string[]) => {
    const histories = lines.map((line, i) => history(i + 1, line));
    const identity = chooseIdentity(histories, findCookie(histories));
    return tally(histories, fatesOf(histories, identity), identity);
  };
  const stays = "open a=1, r1, r1, r1, r1, r1";
  const moved = counted("open a=1, r1, r2 a=2", "open a=1, r1, r2", "open a=3, r3, r2 a=2, r2", stays);
  expect(moved).toMatchObject({ moved: 3, movedFromGone: 1, movedWithNewCookie: 2, lostWithNewCookie: 0 });
  const lost = counted("open a=1, r1, LOST a=2", "open a=1, r1, LOST", stays, "open a=2, r2, r2", "open a=2, r2, r2");
  expect(lost).toMatchObject({ lost: 2, lostWithNewCookie: 1, movedFromGone: 0, movedWithNewCookie: 0 });
  expect(lost.lostBy).toMatchObject({ misrouted: 1, forgotten: 1 });
});

test("trials: each answered call over a connection of its own, and one for all over shared ones", () => {
  const trials = (...fresh: boolean[]) => {
    const one = history(1, `open${", r1".repeat(fresh.length)}`);
    const steps = one.steps.map((step, i) => ({ ...step, fresh: i === 0 || fresh[i - 1] === true }));
    const histories = [{ ...one, steps }];
    const identity = chooseIdentity(histories, findCookie(histories));
    return tally(histories, fatesOf(histories, identity), identity).trials;
  };
  expect(trials()).toBe(0);
  expect(trials(false, false, false)).toBe(1);
  expect(trials(false, true, false, true)).toBe(3);
  expect(trials(true, true)).toBe(2);
});
