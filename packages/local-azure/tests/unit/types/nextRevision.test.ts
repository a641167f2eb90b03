import { describe, expect, test } from "vitest";
import type { Revision, Template } from "../../../src/types/containerApp/model/app.ts";
import { nextRevision } from "../../../src/types/containerApp/rules/nextRevision.ts";

const template: Template = { containers: [{ name: "gateway", image: "example.invalid/gateway:1" }] };
const scaled = (minReplicas: number): Template => ({ ...template, scale: { minReplicas } });
const revision = (number: number, phase: Revision["phase"], of: Template): Revision => ({
  name: `agw-app--000000${number}`,
  template: of,
  createdTime: "",
  lastActiveTime: "",
  phase,
  error: undefined,
  start: undefined,
});
const one = revision(1, "Running", template);
const app = (...revisions: Revision[]) => ({
  name: "agw-app",
  revisions,
  latest: revisions.at(-1)?.name,
  latestReady: revisions.findLast(({ phase }) => phase === "Running")?.name,
});

describe("what a write does to an app's revisions", () => {
  test("only a changed template creates a revision, and the suffix names it", () => {
    expect(nextRevision(app(one), structuredClone(template))).toEqual({ kind: "keep" });
    expect(nextRevision(app(), template)).toEqual({ kind: "new", name: "agw-app--0000001" });
    expect(nextRevision(app(one), scaled(2))).toEqual({ kind: "new", name: "agw-app--0000002" });
    expect(nextRevision(app(one), { ...scaled(2), revisionSuffix: "green" })).toEqual({
      kind: "new",
      name: "agw-app--green",
    });
    expect(nextRevision(app(one), { ...scaled(2), revisionSuffix: "0000001" })).toEqual({
      kind: "nameTaken",
      name: "agw-app--0000001",
    });
  });

  test.each(["Failed", "Activating"] as const)("a %s revision with this template is kept", (phase) => {
    expect(nextRevision(app(one, revision(2, phase, scaled(2))), scaled(2))).toEqual({ kind: "keep" });
  });

  test.each(["Failed", "Activating"] as const)(
    "writing the serving revision's template goes back to it while the latest is %s",
    (phase) => {
      const stuck = app(one, revision(2, phase, scaled(2)));
      expect(nextRevision(stuck, template)).toEqual({ kind: "back", name: "agw-app--0000001" });
      expect(nextRevision(stuck, scaled(3))).toEqual({ kind: "new", name: "agw-app--0000003" });
      expect(nextRevision(stuck, { ...template, revisionSuffix: "green" })).toEqual({
        kind: "new",
        name: "agw-app--green",
      });
    },
  );

  test("an earlier template creates a revision if the latest one serves, or none does", () => {
    const two = revision(2, "Running", scaled(2));
    expect(nextRevision(app(revision(1, "Stopped", template), two), template)).toEqual({
      kind: "new",
      name: "agw-app--0000003",
    });
    const stopped = {
      ...app(revision(1, "Stopped", template), revision(2, "Failed", scaled(2))),
      latestReady: one.name,
    };
    expect(nextRevision(stopped, template)).toEqual({ kind: "new", name: "agw-app--0000003" });
  });

  test("after going back, the template is compared with the latest revision, which isn't the newest", () => {
    const back = { ...app(one, revision(2, "Stopped", scaled(2))), latest: one.name, latestReady: one.name };
    expect(nextRevision(back, template)).toEqual({ kind: "keep" });
    expect(nextRevision(back, scaled(2))).toEqual({ kind: "new", name: "agw-app--0000003" });
  });
});
