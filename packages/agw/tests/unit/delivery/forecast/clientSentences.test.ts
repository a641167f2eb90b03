import { describe, expect, test } from "vitest";
import { clientLines, sessionsSentence } from "../../../../src/delivery/forecast/clientSentences.ts";
import type { CutOff, UnknownEffect } from "../../../../src/delivery/forecast/liveEffects.ts";
import type { SessionsForecast } from "../../../../src/delivery/forecast/sessionsForecast.ts";

const targets = { kind: "unknown" } as const;
const resumed = { kind: "resumed" } as const;
const because = ["template.x"];
const property: UnknownEffect = { name: "agw-app", type: "a:b:App", op: "update", path: "configuration.x" };
const resource: UnknownEffect = { name: "auth", type: "a:b:Auth", op: "create" };

describe("the sentence about live sessions", () => {
  test.each<[SessionsForecast, string]>([
    [{ kind: "none yet" }, "none to interrupt."],
    [{ kind: "unaffected", elsewhere: false }, "not affected."],
    [{ kind: "unaffected", elsewhere: true }, "the replicas keep running."],
    [
      { kind: "new revision", because, targets },
      "⚠️ **a new revision ends them**, unless the gateway can resume sessions (changed: `template.x`).",
    ],
    [
      { kind: "new revision", because, targets: { kind: "lost", kinds: ["stdio", "sse", "constructor"] } },
      "⚠️ **a new revision ends those that use stdio/SSE/unknown targets** (changed: `template.x`).",
    ],
    [
      { kind: "new revision", because, targets: { kind: "other key" } },
      "⚠️ **a new revision ends all of them**: the update adds or removes `SESSION_KEY`, so the new replicas can't read their IDs (changed: `template.x`).",
    ],
    [
      { kind: "new revision", because, targets: resumed },
      "a new revision takes over, and **no Streamable HTTP session ends**: AgentGateway can resume the sessions of every target in the gateway's file. Open GET streams, sessions of the older SSE transport and calls that outlast `drainSeconds` are cut, so clients have to reconnect (changed: `template.x`).",
    ],
    [
      { kind: "moves", because },
      "⚠️ **they may end**: replicas may move, or requests may go to another revision (changed: `template.x`).",
    ],
    [
      { kind: "unpinned", targets },
      "⚠️ with more than one replica, a request may reach a replica that doesn't have its session: **the session ends**, unless the gateway can resume it.",
    ],
    [
      { kind: "unpinned", targets: { kind: "lost", kinds: ["stdio"] } },
      "⚠️ with more than one replica, a request may reach a replica that doesn't have its session: **sessions that use stdio targets end**.",
    ],
    [
      { kind: "unpinned", targets: resumed },
      "⚠️ with more than one replica, a request may reach a replica that doesn't have its session. **Streamable HTTP sessions continue**: AgentGateway can resume those of every target in the gateway's file. Sessions of the older SSE transport fail there, and a GET stream can only be opened there after the session's first call.",
    ],
    [
      { kind: "pinned" },
      "the replicas keep running. A client without a cookie gets one for the replica that answers its next request.",
    ],
    [{ kind: "address changes", to: "internal" }, "⚠️ **sessions on the current address end**: it becomes internal."],
    [{ kind: "address changes", to: "another" }, "⚠️ **sessions on the current address end**: the address changes."],
    [{ kind: "address lost", what: "ingress", op: "delete" }, "⚠️ **all of them end**: the ingress is deleted."],
    [{ kind: "unknown", why: "it is hidden", because: [] }, "⚠️ unknown: it is hidden."],
    [
      { kind: "unknown", because: [property, resource] },
      "⚠️ **unknown**: this tool doesn't know how these changes affect live clients: `configuration.x` of `agw-app`, create `a:b:Auth` `auth`.",
    ],
  ])("%j", (forecast, sentence) => expect(sessionsSentence(forecast)).toBe(sentence));

  test("names only the first five changed paths", () => {
    const sentence = (count: number) =>
      sessionsSentence({ kind: "new revision", targets, because: Array.from({ length: count }, (_, i) => `p${i}`) });
    expect(sentence(5)).toContain("(changed: `p0`, `p1`, `p2`, `p3`, `p4`).");
    expect(sentence(6)).toContain("(changed: `p0`, `p1`, `p2`, `p3`, `p4`, … (6 in all)).");
  });
});

describe("the lines about clients", () => {
  const sessions = { kind: "unaffected", elsewhere: true } as const;
  const lines = (...cuts: CutOff[]) => clientLines({ sessions, cuts, unknown: [] });
  const paths = ["a.b"];

  test.each<[CutOff["how"], string[], string]>([
    [
      "domain",
      ["mcp.contoso.example"],
      "**clients of `mcp.contoso.example` lose their address**: the update removes the custom domain from the app.",
    ],
    ["domain", [], "**clients of a custom domain may lose their address** (changed: `a.b`)."],
    [
      "binding",
      ["a", "b"],
      "**clients of `a`, `b` may be refused**: the custom domain's certificate or binding changes.",
    ],
    ["refused", [], "**they may be refused** after the update (changed: `a.b`)."],
    [
      "pull",
      ["r.example"],
      "**new replicas may not start**: the update removes or changes how the app signs in to the registry `r.example` (changed: `a.b`).",
    ],
    [
      "pull",
      [],
      "**new replicas may not start**: the update removes or changes how the app signs in to a registry (changed: `a.b`).",
    ],
    [
      "identity",
      [],
      "**the gateway may lose its access** to upstream servers, and new replicas may not start: the update removes or changes a managed identity (changed: `a.b`).",
    ],
    [
      "secret",
      [],
      "the update removes one of the app's secrets, or changes its source (changed: `a.b`). **If a registry uses the secret, new replicas may not start; if the app's authentication uses it, clients may be unable to sign in.**",
    ],
    [
      "network",
      [],
      "**connections may be interrupted or refused**, including those of other apps in the environment (changed: `a.b`).",
    ],
  ])("%s %j", (how, names, text) => expect(lines({ how, names, paths })).toEqual([`- **Clients:** ⚠️ ${text}`]));

  test("name changes with an unknown effect only once", () => {
    const unknown = [resource];
    expect(clientLines({ sessions, cuts: [], unknown })).toEqual([
      "- **Clients:** ⚠️ **unknown**: this tool doesn't know how these changes affect live clients: create `a:b:Auth` `auth`.",
    ]);
    expect(clientLines({ sessions: { kind: "unknown", because: unknown }, cuts: [], unknown })).toEqual([]);
  });

  test("show names and paths only as code", () => {
    const [line = ""] = lines({ how: "domain", names: ["@octocat` <img>"], paths });
    expect(line).toContain("``@octocat` <img>``");
  });
});
