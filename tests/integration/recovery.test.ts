import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PreviewDigest } from "../../packages/agw/src/delivery/digest/previewDigest.ts";
import type { ArmRequest } from "../../packages/local-azure/src/arm/server/recording.ts";
import { arm, az, azIsThere, runWith, startTestAzure, type TestAzure, withoutAz } from "../support/azure/localAzure.ts";
import { blocksBelow, runBlock } from "../support/pulumi/documents.ts";
import { pulumiIsThere, withoutPulumi } from "../support/pulumi/pulumiCli.ts";
import { type RealPulumi, startRealPulumi } from "../support/pulumi/realPulumi.ts";

const withAz = await azIsThere();
const why = withoutPulumi || withoutAz(withAz);
const document = "docs/recovery.md";
const which = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];

/** Matches a write of a resource of this type. */
const write = (method: string, type: string) => (request: ArmRequest) =>
  request.method === method && new RegExp(`/${type}/[^/?]+(\\?|$)`, "i").test(request.path);

interface Point {
  /** Whether the stack is already deployed, so that the run changes its app. */
  readonly deployed: boolean;
  readonly at: (request: ArmRequest) => boolean;
}

const points: Record<string, Point> = {
  "the creation of the resource group": { deployed: false, at: write("PUT", "resourceGroups") },
  "the creation of the environment": { deployed: false, at: write("PUT", "managedEnvironments") },
  "the creation of the app": { deployed: false, at: write("PUT", "containerApps") },
  "the update of the app": { deployed: true, at: write("PUT", "containerApps") },
  "the affinity step": { deployed: false, at: write("PATCH", "containerApps") },
};

/** Uses this project's azure-native stand-in: tests Pulumi's engine and state, not the real provider. */
describe.skipIf(!pulumiIsThere || !withAz)(`SIGKILL of a run of Pulumi's engine${why}`, () => {
  let azure: TestAzure;
  let pulumi: RealPulumi;
  let onRequest: (request: ArmRequest) => void = () => {};

  beforeEach(async () => {
    // A second is long enough for the kill to hit the operation.
    azure = await startTestAzure({ operationSeconds: 1, onRequest: (request) => onRequest(request) });
    pulumi = await startRealPulumi(azure, "prod");
  });
  afterEach(async () => {
    await pulumi?.[Symbol.asyncDispose]();
    await azure?.[Symbol.asyncDispose]();
  });

  /** Starts `pulumi up`, and kills it, its language host and the program as soon as a matching request is answered. */
  const killedUp = (at: (request: ArmRequest) => boolean): Promise<NodeJS.Signals | null> =>
    pulumi.withProviders(async (environment) => {
      const child = spawn(
        "pulumi",
        ["--cwd", pulumi.project, "--non-interactive", "up", "--yes", "--skip-preview", "--stack", "prod"],
        {
          detached: true,
          stdio: "ignore",
          env: { ...process.env, ...azure.environment, PATH: process.env.PATH, ...environment },
        },
      );
      const ended = new Promise<NodeJS.Signals | null>((resolve) =>
        child.once("exit", (_code, signal) => resolve(signal)),
      );
      onRequest = (request) => {
        if (!at(request)) return;
        onRequest = () => {};
        // A negative ID kills the process group, including the language host and the program.
        process.kill(-(child.pid as number), "SIGKILL");
      };
      return ended;
    });

  const checkpointBlock = async (): Promise<string> => {
    const [block = ""] = await blocksBelow(document, "`failed to load checkpoint: EOF`", "sh");
    return block;
  };
  const preview = async (): Promise<PreviewDigest> => {
    const ran = await pulumi.run("preview", "--json", "--stack", "prod");
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    return JSON.parse(ran.stdout) as PreviewDigest;
  };
  const run = async (block: string): Promise<string> => {
    const { code, stdout, stderr } = await runBlock(azure, pulumi, block);
    expect(code, `${block}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  /** IDs of the resources in Azure, in lowercase because Azure's IDs are case-insensitive. */
  const live = async (): Promise<string[]> => {
    const ids = async (...args: string[]) =>
      ((await az(azure, ...args)) as { id: string }[]).map(({ id }) => id.toLowerCase());
    const groups = await ids("group", "list");
    const found = groups.length === 0 ? [] : await ids("resource", "list", "--resource-group", "agw-prod-rg");
    const [environment = ""] = found.filter((id) => id.includes("/managedenvironments/"));
    // As in Azure, diagnostic settings are not in the list of resources.
    const setting = ["monitor", "diagnostic-settings", "show", "--name", "agentgateway", "--resource", environment];
    const settings =
      (await runWith(azure, "az", setting)).code === 0
        ? [`${environment}/providers/microsoft.insights/diagnosticsettings/agentgateway`]
        : [];
    return [...groups, ...found, ...settings];
  };

  /**
   * The import file of docs/recovery.md with resources that the preview creates but Azure already has; undefined if
   * none.
   */
  const recoverJson = async ({ steps = [] }: PreviewDigest): Promise<string | undefined> => {
    const [text = ""] = await blocksBelow(document, "Import what the run created", "json");
    const subscription = azure.environment.ARM_SUBSCRIPTION_ID ?? "";
    const all = JSON.parse(text.replaceAll("SUBSCRIPTION", subscription)) as {
      resources: { name: string; id: string }[];
    };
    const created = steps.filter(({ op }) => op === "create").map(({ urn }) => urn.split("::").at(-1));
    const there = await live();
    const resources = all.resources.filter(
      ({ name, id }) => created.includes(name) && there.includes(id.toLowerCase()),
    );
    return resources.length === 0 ? undefined : JSON.stringify({ ...all, resources });
  };

  test.each(Object.entries(points))(
    "in %s: the documented commands recover it, without a replacement or a deletion",
    async (title, { deployed, at }) => {
      if (deployed) {
        expect((await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod")).code).toBe(0);
        await pulumi.run("config", "set", "--stack", "prod", "concurrentRequests", "61");
      }
      expect(await killedUp(at)).toBe("SIGKILL");
      // The kill can hit any moment, even one that leaves the state unreadable.
      await run(await checkpointBlock());
      const locked = await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod");
      expect(locked.stderr + locked.stdout).toContain("pulumi cancel");

      const [first = "", looks = ""] = await blocksBelow(document, "After Pulumi was killed", "sh");
      await run(first);
      const digest = await preview();
      expect(digest.changeSummary).not.toHaveProperty("delete");
      expect(digest.changeSummary).not.toHaveProperty("replace");
      const file = await recoverJson(digest);
      expect(file !== undefined, "something has to be imported").toBe(/creation/.test(title));
      const [finish = ""] = await blocksBelow(document, "Import what the run created", "sh");
      const [imports = "", ...rest] = finish.split("\n");
      if (file !== undefined) {
        await writeFile(join(pulumi.project, "recover.json"), file);
        if (/app$/.test(title)) {
          const [list = "", , , app = ""] = looks.split("\n");
          expect(await run(`${list}\n${app}`)).toMatch(/agw-prod-app.*"Succeeded"/s);
        }
        await run(imports);
      }
      const said = await run(rest.join("\n"));
      expect(said).not.toMatch(/replac|delet/);

      const query = "properties.configuration.ingress.stickySessions.affinity";
      expect(await az(azure, "containerapp", "show", ...which, "--query", query)).toBe("sticky");
    },
  );

  test("neither --import-pending-creates nor up without the import helps", async () => {
    expect(await killedUp(write("PUT", "containerApps"))).toBe("SIGKILL");
    await run(`${await checkpointBlock()}\npulumi cancel`);
    const exported = async () => JSON.parse((await pulumi.run("stack", "export", "--stack", "prod")).stdout).deployment;
    const isApp = ({ type }: { type: string }): boolean => type === "azure-native:app:ContainerApp";
    const pending = (await exported()).pending_operations.find(({ resource }: Pending) => isApp(resource));
    expect(pending).toMatchObject({ type: "creating" });
    const { id, systemData } = (await az(azure, "containerapp", "show", ...which)) as Record<string, string>;
    const pair = ["--import-pending-creates", pending.resource.urn, "--import-pending-creates", id ?? ""];
    expect((await pulumi.run("refresh", "--yes", "--skip-preview", ...pair, "--stack", "prod")).code).toBe(0);
    const { pending_operations: left = [], resources } = await exported();
    expect(left.filter(({ resource }: Pending) => isApp(resource))).toEqual([]);
    expect(resources.filter(isApp)).toEqual([]);

    const ran = await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod");
    expect(ran.code).not.toBe(0);
    expect(ran.stdout + ran.stderr).toContain("cannot create already existing resource");
    expect(await az(azure, "containerapp", "show", ...which, "--query", "systemData")).toEqual(systemData);
  });

  test("the documented command makes a state readable again that a kill left unreadable, without losing anything", async () => {
    const exported = () => pulumi.run("stack", "export", "--stack", "prod");
    const before = await exported();
    await run(`find "\${PULUMI_BACKEND_URL#file://}" -name prod.json.attrs -exec truncate --size 0 {} +`);
    expect((await exported()).stderr).toContain("failed to load checkpoint: EOF");
    await run(await checkpointBlock());
    expect(await exported()).toEqual(before);
  });

  test("during another operation, a destroy without the program fails with Azure's reason, and one with the program waits", async () => {
    expect((await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod")).code).toBe(0);
    const error = { code: "ContainerAppOperationInProgress", message: "Another operation is in progress." };
    const refuseOnce = async () => {
      const fault = { fault: "operation", error, times: 1 };
      expect((await arm(azure, "POST", "/_local/faults", { body: fault })).status).toBe(201);
    };
    await refuseOnce();
    const plain = await pulumi.run("destroy", "--yes", "--skip-preview", "--stack", "prod");
    expect(plain.code).not.toBe(0);
    expect(plain.stdout + plain.stderr).toContain(error.message);
    await refuseOnce();
    const [block = ""] = await blocksBelow(document, "When a destroy fails", "sh");
    const ran = await runBlock(azure, pulumi, block, { AFFINITY_RETRY_SECONDS: "1" });
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/agentgateway-app; .* \d+ s \(\d+ of \d+ s\)/);
    expect(await az(azure, "group", "exists", "--name", "agw-prod-rg")).toBe(false);
  });
});

interface Pending {
  readonly resource: { readonly type: string };
}
