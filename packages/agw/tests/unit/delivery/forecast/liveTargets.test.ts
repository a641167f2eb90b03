import { describe, expect, test } from "vitest";
import { targetsSentence } from "../../../../../../src/component/verification/targetsSentence.ts";
import type { TargetKind } from "../../../../../../src/config/gateway/targetKinds.ts";
import { changesOf, type Properties } from "../../../../src/delivery/digest/previewDigest.ts";
import { type LiveTargets, liveTargets } from "../../../../src/delivery/forecast/liveTargets.ts";
import { app, digest, step } from "../digests.ts";

const says = (...kinds: TargetKind[]) => ({
  message: `${targetsSentence(kinds)}
`,
});

interface Template {
  readonly image?: string;
  readonly digest?: string;
  readonly more?: Properties;
  readonly scale?: Properties;
}
const gateway = ({
  image = "cr.agentgateway.dev/agentgateway:v1.4.1",
  digest: secrets = "a",
  more,
  scale,
}: Template) => ({
  ...app("sticky"),
  template: {
    containers: [{ name: "agentgateway", image, env: [{ name: "SECRETS_DIGEST", value: secrets }], ...more }],
    scale: scale ?? { minReplicas: 2 },
  },
});
const found = (after: Template, messages = [says("http")], before: Template = {}): LiveTargets => {
  const preview = digest(step("update", "app", gateway(before), gateway(after)));
  return liveTargets({ ...preview, diagnostics: messages }, changesOf(preview)[0]);
};
const scaled: Template = { scale: { minReplicas: 3 } };

describe("the targets of the live sessions", () => {
  test.each<[TargetKind[], LiveTargets]>([
    [["http", "openapi", "stateless"], { kind: "resumed" }],
    [["http", "stdio"], { kind: "lost", kinds: ["stdio"] }],
    [["sse", "unknown"], { kind: "lost", kinds: ["sse", "unknown"] }],
    [[], { kind: "unknown" }],
  ])("%j", (targets, expected) => expect(found(scaled, [says(...targets)])).toEqual(expected));

  test.each<[string, Template, Template?]>([
    ["another file, key or secret", { ...scaled, digest: "b" }],
    ["another image", { ...scaled, image: "cr.agentgateway.dev/agentgateway:v1.4.2" }],
    [
      "an image that was not measured",
      { ...scaled, image: "x/agentgateway:v1.3.0" },
      { image: "x/agentgateway:v1.3.0" },
    ],
    ["other arguments", { ...scaled, more: { args: ["-f", "x"] } }],
    ["another variable", { ...scaled, more: { env: [{ name: "RUST_LOG", value: "x" }] } }],
    ["no digest", { ...scaled, more: { env: [] } }, { more: { env: [] } }],
  ])("are unknown with %s", (_title, after, before) => {
    expect(found(after, [says("http")], before)).toEqual({ kind: "unknown" });
  });

  test("do not matter if the update adds or removes the session key", () => {
    const keyed = { more: { env: [{ name: "SESSION_KEY", secretRef: "session-key" }] } };
    expect(found(keyed)).toEqual({ kind: "other key" });
    expect(found({}, [says("http")], keyed)).toEqual({ kind: "other key" });
    expect(found({ ...keyed, ...scaled }, [says("http")], keyed)).toEqual({ kind: "unknown" });
  });

  test("are unknown without a sentence about them, or with several of them", () => {
    expect(found(scaled, [])).toEqual({ kind: "unknown" });
    expect(found(scaled, [says("http"), says("http")])).toEqual({ kind: "unknown" });
    expect(liveTargets({ diagnostics: [says("http")] }, undefined)).toEqual({ kind: "unknown" });
  });

  test.each(["probes", "resources"])("stay the same if %s change", (part) => {
    expect(found({ more: { [part]: { a: 1 } } })).toEqual({ kind: "resumed" });
  });
});
