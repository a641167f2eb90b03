import type { McpExchange } from "../../src/drivers/driver.ts";
import { addStep, type History, newHistory } from "../../src/evidence/history.ts";
import { newRunRecord, type RunRecord } from "../../src/evidence/runRecord.ts";
import type { SetCookie } from "../../src/http/cookies.ts";
import type { McpOutcome } from "../../src/http/outcome.ts";
import { resolveOptions } from "../../src/options/options.ts";

export const ok: McpOutcome = { kind: "answered", result: {} };
export const lost: McpOutcome = { kind: "lost", sign: "404", detail: "HTTP 404" };
export const timeout: McpOutcome = { kind: "failed", reason: "timeout", detail: "no answer in 10 s" };

export function exchange(outcome: McpOutcome, replica?: string, setCookies: readonly SetCookie[] = []): McpExchange {
  return { outcome, milliseconds: 10, fresh: true, setCookies, withheld: [], replica };
}

const plain = { domain: undefined, path: "/", secure: false, httpOnly: true, sameSite: "None", lifetime: undefined };
export const cookie = (value: string): SetCookie => ({ name: "acaAffinity", value, ...plain });

/** A session with one exchange per second, starting at second `from`; the first one opens it. */
export function session(ordinal: number, value: string, exchanges: readonly McpExchange[], from = 0): History {
  const history = newHistory(ordinal, "main");
  history.id = `id-${ordinal}`;
  const jar = new Map([["acaAffinity", value]]);
  exchanges.forEach((given, i) => {
    addStep(history, i === 0 ? "open" : "call", (from + i) * 1_000, given, jar);
  });
  return history;
}

export const opened = (value: string) => exchange(ok, undefined, [cookie(value)]);
export const by = (replica: string) => exchange(ok, replica);

export const reached: Extract<RunRecord["preflight"], { kind: "reached" }> = {
  kind: "reached",
  sessions: "ids",
  speaksSessionless: undefined,
  protocolVersion: "2025-11-25",
  server: "gateway 1.4.1",
  call: { kind: "tool", name: "whoami", identifies: true },
};

/** A run of four sessions: two held, each on its own replica; one lost; one whose last call failed. */
export function gathered(change: Partial<RunRecord> = {}, url = "https://gateway.example"): RunRecord {
  const run = newRunRecord(resolveOptions({ url }));
  run.cookies.add(opened("1"));
  const main = [
    session(1, "a", [opened("a"), by("replica-2"), by("replica-2")]),
    session(2, "b", [opened("b"), by("replica-10"), exchange(lost)]),
    session(3, "b", [opened("b"), by("replica-10"), by("replica-10"), by("replica-10")], 1),
    session(4, "a", [opened("a"), exchange(timeout)], 0.5),
  ];
  return { ...run, seconds: 4.000_4, preflight: reached, main, ...change };
}
