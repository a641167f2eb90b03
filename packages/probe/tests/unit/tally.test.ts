import { describe, expect, test } from "vitest";
import { type Fate, fatesOf } from "../../src/evidence/fate.ts";
import type { History, Step } from "../../src/evidence/history.ts";
import { identify } from "../../src/evidence/identify.ts";
import { chooseIdentity, findCookie } from "../../src/evidence/identity.ts";
import { tally } from "../../src/evidence/tally.ts";

/**
 * Reads a history with one step per second: `open a=1` opens with a cookie; `r1` is a call that replica r1 answered;
 * `ok` is a call answered by an unknown replica; `LOST` is a lost call, `LOST a=2` one with a new cookie, `LOST@r1` one
 * refused by r1; `FAIL` is a failed call.
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
  test("held: the same replica answered all calls, even if one failed in between", () => {
    expect(fates("open, r1, FAIL, r1")[0]).toEqual({ kind: "held" });
  });
  test("moved: another replica answered", () => {
    expect(fates("open, r1, r2, r1")[0]).toMatchObject({ kind: "moved", from: "r1", to: "r2", homeGone: false });
    expect(fates("open, r1, r2, r2")[0]).toMatchObject({ homeGone: true });
  });
  test("moved, home gone: it got a new cookie and stayed there, although its replica serves again", () => {
    const back = ["open a=1, r1, r2 a=2, r2, r2", "open a=1, r1, r1, r1, r1", "open a=2, r2, r2, r2, r2"];
    expect(fates(...back)[0]).toMatchObject({ kind: "moved", homeGone: true });
  });
  test("moved, home not gone: another session of that replica moved on in spite of its new cookie", () => {
    const ignored = ["open a=1, r1, r2 a=2, r2, r2", "open a=1, r1, r2 a=2, r1 a=1, r1", "open a=2, r2, r2, r2, r2"];
    expect(fates(...ignored)[0]).toMatchObject({ kind: "moved", homeGone: false });
  });
  test("moved, home not gone: no new cookie, or nothing shows that sessions stay where it leads", () => {
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
  test("at-once: before any call was answered", () => expect(why(fates("open, LOST")[0])).toBe("at-once"));
  test("replica-gone, even at the first call: its replica served until then, and another one lost no session", () => {
    const late = [history(1, "open a=1, r1, LOST a=2", 0), history(2, "open a=1, LOST a=2", 1.5)];
    const others = [3, 4].map((ordinal) => history(ordinal, "open a=2, r2, r2, r2, r2", 0));
    const histories = [...late, ...others, history(5, "open a=1, LOST", 3)];
    const identity = chooseIdentity(histories, findCookie(histories));
    const causes = ["replica-gone", "replica-gone", "held", "held", "restarted"];
    expect(fatesOf(histories, identity).map(why)).toEqual(causes);
  });
  test("at-once: every replica loses sessions from the start, with new cookies or without", () => {
    const all = fates("open a=1, r1, LOST a=2", "open a=1, LOST a=2", "open a=2, r2, LOST a=1", "open a=2, LOST a=1");
    expect([why(all[1]), why(all[3])]).toEqual(["at-once", "at-once"]);
  });
  test("misrouted: its replica served another old session afterwards", () => {
    expect(why(fates("open, r1, LOST", "open, r1, r1, r1")[0])).toBe("misrouted");
  });
  test("forgotten: its replica still served, and its cookie wasn't replaced", () => {
    const others = ["open a=1, r1, r1, r1", "open a=2, r2, r2, r2", "open a=2, r2, r2, r2"];
    expect(why(fates("open a=1, r1, LOST", ...others)[0])).toBe("forgotten");
    expect(why(fates("open a=1, r1, LOST a=2", ...others)[0])).toBe("misrouted");
  });
  test("refused by its own replica: forgotten if that serves other old sessions, restarted if not", () => {
    expect(why(fates("open, r1, LOST@r1", "open, r1, r1, r1, r1")[0])).toBe("forgotten");
    expect(why(fates("open, r1, LOST@r1", "open, r2, r2, r2, r2")[0])).toBe("restarted");
    expect(why(fates("open, r1, LOST@r2", "open, r1, r1, r1, r1")[0])).toBe("misrouted");
  });
  test("not misrouted: the other session opened later, as after a restart under the same name", () => {
    const histories = [history(1, "open, r1, LOST a=2", 0), history(2, "open, r1, r1", 5)];
    expect(why(fatesOf(histories, chooseIdentity(histories, findCookie(histories)))[0])).not.toBe("misrouted");
  });
  test("replica-gone: it got a new cookie, and its replica serves no one", () => {
    expect(why(fates("open a=1, r1, LOST a=2", "open a=2, r2, r2, r2")[0])).toBe("replica-gone");
  });
  test("restarted: its cookie still led to the replica, all of whose sessions were lost", () => {
    const all = fates(
      "open a=1, r1, LOST",
      "open a=1, r1, LOST",
      "open a=1, r1, LOST",
      "open a=2, r2, r2",
      "open a=2, r2, r2",
    );
    expect(all.slice(0, 3).map(why)).toEqual(["restarted", "restarted", "restarted"]);
  });
  test("replica-gone: with one cookie per session, as from an ingress that hashes, no new cookie is needed", () => {
    const all = fates("open a=1, r1, LOST", "open a=2, r1, LOST", "open a=3, r2, r2");
    expect(all.slice(0, 2).map(why)).toEqual(["replica-gone", "replica-gone"]);
  });
  test("unknown: the only session of a replica that wasn't called again", () => {
    expect(why(fates("open, r1, LOST", "open, r2, r2")[0])).toBe("unknown");
  });
});

describe("what tells replicas apart", () => {
  const identityOf = (...lines: string[]) => {
    const histories = lines.map((line, i) => history(i + 1, line));
    const cookie = findCookie(histories);
    return { cookie, by: chooseIdentity(histories, cookie).by };
  };
  test("the answers, if they name it", () => expect(identityOf("open a=1, r1").by).toBe("answer"));
  test("a cookie whose values several sessions share", () => {
    const lines = ["open a=1, ok", "open a=1, ok", "open a=2, ok", "open a=2, ok"];
    expect(identityOf(...lines)).toEqual({
      by: "cookie",
      cookie: { kind: "affinity", name: "a", known: false, per: "replica" },
    });
  });
  test("not a cookie with a different value in every session", () => {
    expect(identityOf("open a=1, ok", "open a=2, ok", "open a=3, ok")).toMatchObject({
      by: "unseen",
      cookie: { per: "session" },
    });
  });
  test("not an unknown cookie with the same value in every session", () => {
    const constant = { kind: "constant", name: "a", known: false };
    expect(identityOf("open a=1, ok", "open a=1, ok")).toEqual({ by: "unseen", cookie: constant });
    expect(identityOf("open ARRAffinity=1, ok", "open ARRAffinity=1, ok").by).toBe("cookie");
  });
  test.each(["acaAffinity", "ARRAffinity"])("%s is known by its name", (name) => {
    expect(identityOf(`open ${name}=1, ok`, `open ${name}=2, ok`).cookie).toMatchObject({ name, known: true });
  });
});

describe("names that the evidence contradicts", () => {
  const by = (main: readonly string[], control: readonly string[] = [], told = false) => {
    const groups = [main, control].map((lines) => lines.map((line, i) => history(i + 1, line, i / 10)));
    const [first = [], second = []] = groups;
    return identify({ main: first, control: second, told }).by;
  };
  const known = ["1", "1", "2", "2"].map((value) => `open acaAffinity=${value}, r1, r1`);
  const trial = ["a", "a", "b", "b"].map((value) => `open trial=${value}, ok`);

  test("sessions moved, but some were lost without cookies, so they couldn't have been resumed", () => {
    expect(by(["open a=1, r1, r2", "open a=1, r1, r2"], ["open, ok"])).toBe("answer");
    expect(by(["open acaAffinity=1, r1, r2 acaAffinity=2", "open acaAffinity=2, r1, r2"], ["open, LOST"])).toBe(
      "unseen",
    );
    expect(by([...known, "open acaAffinity=2, r1, r2"], ["open, LOST"])).toBe("cookie");
  });
  test("names are kept if sessions were lost with cookies too", () => {
    expect(by(["open a=1, r1, r2", "open a=1, r1, LOST"], ["open, LOST"])).toBe("answer");
  });
  test("sessions moved although Azure's cookie wasn't replaced", () => {
    expect(by(["open acaAffinity=1, r1, r2", "open acaAffinity=1, r1, r2"])).toBe("cookie");
    expect(by(["open acaAffinity=1, r1, r2 acaAffinity=2", "open acaAffinity=1, r1, r2"])).toBe("answer");
    expect(by(["open a=1, r1, r2", "open a=1, r1, r2"])).toBe("answer");
  });
  test("one name for all, although Azure's cookie tells replicas apart", () => {
    expect(by(known)).toBe("cookie");
    expect(by(known.map((line) => line.replace("acaAffinity", "a")))).toBe("answer");
  });
  test("names that rarely repeat in 20 answers or more", () => {
    const line = (from: number) => `open, ${Array.from({ length: 10 }, (_, i) => `r${from + i}`).join(", ")}`;
    expect(by([line(0)])).toBe("answer");
    expect(by([line(0), line(10)])).toBe("unseen");
    expect(by([line(0), line(0)])).toBe("answer");
  });
  test("a cookie that is renewed with each answer, while sessions are only lost without it", () => {
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
  test("names are kept if the user named their header", () => {
    expect(by(known, [], true)).toBe("answer");
  });
  test("an unknown cookie counts once sessions are lost with it or without it", () => {
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

test("trials before a loss count all sessions until the first one is lost", () => {
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

test("counts moved sessions whose replica was gone, and moved and lost sessions with a new cookie", () => {
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

test("trials count each answered call on a new connection, and one for all calls on shared ones", () => {
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
