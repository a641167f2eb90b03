import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RevisionSpec } from "../../../src/dataPlane/contract/dataPlane.ts";
import { splitCommandLine } from "../../../src/dataPlane/replicas/process/commandLine.ts";
import { exposedSockets } from "../../../src/dataPlane/replicas/process/exposure.ts";
import { planLaunch } from "../../../src/dataPlane/replicas/process/launch.ts";

describe("a replica's command line", () => {
  test.for([
    ["node a.js {port}", ["node", "a.js", "{port}"]],
    [` a  "b c" 'd "e'  `, ["a", "b c", 'd "e']],
    [`a\\ b "c\\"d\\n" '\\'`, ["a b", 'c"d\\n', "\\"]],
    [`'' "" x""y`, ["", "", "xy"]],
    ["a $HOME `b` ;c|d", ["a", "$HOME", "`b`", ";c|d"]],
  ] as const)("%j is %j", ([line, words]) => expect(splitCommandLine(line)).toEqual(words));

  test("returns any words in single quotes unchanged", () => {
    const words = fc.array(
      fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("'", "")),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(words, (list) => {
        expect(splitCommandLine(list.map((word) => `'${word}'`).join(" "))).toEqual(list);
      }),
    );
  });

  test.for([
    ["", "the command must not be empty"],
    ["   ", "the command must not be empty"],
    ["a 'b", "the command has an unclosed ': a 'b"],
    ['a "b', `the command has an unclosed ": a "b`],
  ] as const)("%j is a usage error: %s", ([line, message]) => {
    expect(() => splitCommandLine(line)).toThrow(expect.objectContaining({ exitCode: 2, message }));
  });
});

describe("the launch plan of a replica", () => {
  const spec: RevisionSpec = {
    appId: "a",
    appName: "a",
    revision: "r",
    containers: [
      {
        name: "c",
        image: "i",
        args: ["-f", "/config/c.yaml"],
        env: {},
        probes: [{ type: "Readiness", httpGet: { path: "/", port: 15021 } }],
        files: { "/config/c.yaml": "host: http://127.0.0.1:3001/mcp, localhost:3002, 127.0.0.1:8080" },
      },
    ],
    targetPort: 8080,
    minReplicas: 1,
    maxReplicas: 1,
    terminationGracePeriodSeconds: 1,
  };

  test("without a command, is this project's server, which reads the mounted configuration file", () => {
    expect(planLaunch(undefined, spec, "/d")).toEqual({ kind: "default", file: "/d/config/c.yaml" });
    const unmounted = { ...spec, containers: [{ ...spec.containers[0], name: "c", image: "i", env: {}, files: {} }] };
    expect(planLaunch(undefined, unmounted as RevisionSpec, "/d")).toEqual({ kind: "default", file: undefined });
  });

  test("with {port} fills in the ports", () => {
    const launch = planLaunch(["x", "--p={port}", "{files}", "{other}"], spec, "/d");
    expect(launch).toMatchObject({ kind: "command", usesHealthPort: false });
    if (launch.kind === "command") {
      expect(launch.words({ port: 1, healthPort: 2 })).toEqual(["x", "--p=1", "/d", "{other}"]);
    }
  });

  test("of a program without {port} uses a namespace, with the container's arguments and the ports that its config names", () => {
    expect(planLaunch(["agentgateway"], spec, "/d")).toEqual({
      kind: "namespace",
      words: ["agentgateway", "-f", "/d/config/c.yaml"],
      dataPort: 8080,
      healthPort: 15021,
      hostPorts: [3001, 3002],
    });
  });
});

test("finds listening sockets outside loopback in the kernel's tables", () => {
  const row = (local: string, state: string, inode: number): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    row("0100007F:1F90", "0A", 1),
    row("00000000:1F91", "0A", 2),
    row("00000000:1F92", "01", 3),
    row("00000000000000000000000000000000:1F93", "0A", 4),
    row("00000000000000000000000001000000:1F94", "0A", 5),
    row("0000000000000000FFFF00000100007F:1F95", "0A", 6),
  ];
  expect(exposedSockets(table.join("\n"))).toEqual([
    { inode: "2", port: 0x1f91 },
    { inode: "4", port: 0x1f93 },
  ]);
});
