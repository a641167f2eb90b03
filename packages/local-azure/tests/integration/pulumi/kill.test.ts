import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { agw } from "../../../../../tests/support/agw.ts";
import {
  type ArmStandIn,
  type StandInRequest,
  startArmStandIn,
} from "../../../../../tests/support/azure/armStandIn.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { writeEnvironmentFile } from "../../../src/host/environmentFile.ts";

const cwd = join(import.meta.dirname, "..", "..", "..", "..", "..", "tests", "support", "pulumi", "programs", "small");

interface Scene {
  readonly arm: ArmStandIn;
  /** Kills the run with SIGKILL. */
  readonly kill: () => void;
  /** Stops the run with SIGSTOP until it is killed. */
  readonly stop: () => void;
  readonly folder: string;
  readonly config: string[];
}

/** Arranges the kill. The returned function waits until no process of the killed run is left. */
type Arrange = (scene: Scene) => (() => Promise<void>) | undefined;

const isApp = (path: string): boolean => path.endsWith("/small-app");

const points: [string, Arrange][] = [
  [
    "before a PUT",
    ({ arm, kill }) => {
      arm.intercept = ({ method, path }) => {
        if (method === "GET" && isApp(path)) kill();
        return undefined;
      };
      return undefined;
    },
  ],
  [
    "after a PUT",
    ({ arm, kill }) => {
      arm.answered = ({ method, path }) => void (method === "PUT" && isApp(path) && kill());
      return undefined;
    },
  ],
  [
    "during a long-running operation",
    ({ arm, kill }) => {
      arm.polls = 50;
      arm.answered = ({ path }) => {
        if (!path.startsWith("/operations/") || !arm.requests.some((r) => r.method === "PUT" && isApp(r.path))) return;
        arm.polls = 0;
        kill();
      };
      return undefined;
    },
  ],
  [
    "while the command runs",
    ({ folder, kill, config }) => {
      const file = join(folder, "started");
      config.push(
        "-c",
        `command=[ -e '${file}' ] || { echo $$ > '${file}.new'; mv '${file}.new' '${file}'; exec sleep 60; }`,
      );
      const started = (async () => {
        while (!existsSync(file)) await sleep(20);
        kill();
      })();
      return async () => {
        await started;
        const command = Number(readFileSync(file, "utf8"));
        await vi.waitFor(() => expect(() => process.kill(command, 0), "the command ends").toThrow("ESRCH"), 60_000);
      };
    },
  ],
  [
    "before the last save",
    ({ arm, stop, kill }) => {
      // The last request of a run reads the live app; the answer becomes the outputs.
      const last = ({ method, path }: StandInRequest): boolean =>
        method === "GET" && isApp(path) && arm.requests.filter((r) => r.method === "GET" && isApp(r.path)).length === 3;
      arm.intercept = (request) => {
        // This answer is the last one, so without the stop the run could end before the kill.
        if (last(request)) stop();
        return undefined;
      };
      arm.answered = (request) => void (last(request) && kill());
      return undefined;
    },
  ],
];

/** Finds the program's processes of a run in this folder, by their initial environment. */
function programsOf(folder: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const text = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "utf8");
      return text("cmdline").includes("pulumi/cmd/run") && text("environ").includes(`AGW_LOCAL=${folder}\0`);
    } catch {
      return false;
    }
  });
}

describe("after an up was killed by SIGKILL", () => {
  test.each(points)(
    "%s, the next up reaches the same state, and no process or resource is left behind",
    async (_, arrange) => {
      await using folder = await temporaryDirectory();
      await using arm = await startArmStandIn();
      const exports = Object.entries(arm.environment).filter(([name]) => /^(ARM|IDENTITY|NODE_EXTRA)_/.test(name));
      writeEnvironmentFile(folder.path, Object.fromEntries(exports) as Record<string, string>);
      const env = { AGW_LOCAL: folder.path };
      const config: string[] = [];
      let child: ChildProcess | undefined;
      const clean = arrange({
        ...{ arm, config, folder: folder.path },
        kill: () => void child?.kill("SIGKILL"),
        stop: () => void child?.kill("SIGSTOP"),
      });

      const up = ["up", "--stack", "test", "--json", ...config];
      const killed = await agw(up, { cwd, env, onStart: (started) => (child = started) });
      expect(killed.code).toBeNull();
      await clean?.();
      arm.intercept = () => undefined;
      arm.answered = () => {};
      await vi.waitFor(
        () => expect(programsOf(folder.path), "the program ends when its engine is gone").toEqual([]),
        60_000,
      );

      const next = await agw(up, { cwd, env });
      expect(next.stderr).not.toContain("already existing");
      expect(next.code).toBe(0);
      expect(JSON.parse(next.stdout).outputs).toMatchObject({ url: "https://127.0.0.1:1", hidden: "[secret]" });
      expect([...arm.resources.keys()].map((id) => id.split("/").at(-1))).toEqual([
        "small-rg",
        "small-env",
        "small-app",
      ]);

      const again = await agw(up, { cwd, env });
      expect(JSON.parse(again.stdout).changeSummary).toEqual({ same: 6 });
      expect((await agw(["destroy", "--stack", "test"], { cwd, env })).code).toBe(0);
      expect(arm.resources.size).toBe(0);
    },
  );
});
