import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { removeDirectory } from "agentgateway-local-azure/host";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { agwHere } from "../../../../tests/support/agwHere.ts";
import { arm, type TestAzure } from "../../../../tests/support/azure/localAzure.ts";
import {
  localDirectory,
  readEnvironmentFile,
  writeEnvironmentFile,
} from "../../../local-azure/src/host/environmentFile.ts";

const agw = join(import.meta.dirname, "..", "..", "src", "agw.ts");

/** The test setup puts az on the PATH if it can, so nothing is installed here. */
const env = (directory: string): NodeJS.ProcessEnv => ({ ...process.env, AGW_LOCAL: directory, NO_COLOR: "1" });

interface Running {
  readonly child: ChildProcess;
  output(): { stdout: string; stderr: string };
  /** Resolves once stdout contains the text. Rejects with all output if the process ends first. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
}

let directory: string;
const running: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agw-azure-"));
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await removeDirectory(directory);
});

/** Returns the processes of these replicas, by their environment. */
function processesOf(names: readonly string[]): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, "utf8");
      return names.some((name) => environ.includes(`CONTAINER_APP_REPLICA_NAME=${name}\0`));
    } catch {
      return false;
    }
  });
}

const start = (...args: string[]): Running => startWith({}, ...args);

function startWith(variables: NodeJS.ProcessEnv, ...args: string[]): Running {
  const child = spawn(process.execPath, [agw, "azure", ...args], {
    env: { ...env(directory), ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const seen = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    seen.stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    seen.stderr += chunk;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    child,
    output: () => seen,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (seen.stdout.includes(text) && resolve());
        child.stdout.on("data", look);
        look();
        void ended.then((code) => reject(new Error(`exit ${code}\n${seen.stdout}\n${seen.stderr}`)));
      }),
  };
}

describe("agw azure", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "writes its env file when ready; %s ends it with 0 and removes its files",
    async (signal) => {
      const azure = start();
      await azure.printed("Local Azure on https://127.0.0.1:");
      const exported = readEnvironmentFile(directory);
      expect(Object.keys(exported ?? {}).sort()).toEqual([
        ...[
          "AGW_LOCAL",
          "ARM_METADATA_HOSTNAME",
          "ARM_MSI_ENDPOINT",
          "ARM_SUBSCRIPTION_ID",
          "ARM_TENANT_ID",
          "ARM_USE_MSI",
          "AZURE_CONFIG_DIR",
        ],
        ...[
          "IDENTITY_ENDPOINT",
          "IDENTITY_HEADER",
          "NODE_EXTRA_CA_CERTS",
          "NO_PROXY",
          "PATH",
          "REQUESTS_CA_BUNDLE",
          "SSL_CERT_FILE",
          "no_proxy",
        ],
      ]);
      expect(azure.output().stdout).not.toContain(exported?.IDENTITY_HEADER);
      // `az login --password` would not accept a value with a leading '-'.
      expect(exported?.IDENTITY_HEADER).toMatch(/^[\da-f]{48}$/);
      azure.child.kill(signal);
      expect(await azure.ended).toBe(0);
      expect([existsSync(join(directory, "env")), existsSync(join(directory, "replicas"))]).toEqual([false, false]);
    },
  );

  test("refuses to run twice in one folder, and starts again after the first was killed", async () => {
    const first = start("--json");
    await first.printed("\n");
    const { url, environment } = JSON.parse(first.output().stdout) as { url: string; environment: string[] };
    expect(environment).toEqual(Object.keys(readEnvironmentFile(directory) ?? {}));
    expect(environment).toContain("AGW_LOCAL");
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output().stderr).toContain(url);
    first.child.kill("SIGKILL");
    await first.ended;
    const third = start("--requests");
    await third.printed("Local Azure on");
    third.child.kill("SIGTERM");
    expect(await third.ended).toBe(0);
  });

  test("started by npx, whose shell does not pass signals on, it ends when that shell ends", async () => {
    const variables = { ...env(directory), npm_command: "exec", NODE: process.execPath, AGW: agw };
    // The second command keeps the shell from replacing itself with the first one.
    const shell = spawn("sh", ["-c", '"$NODE" "$AGW" azure; :'], {
      env: variables,
      stdio: ["ignore", "pipe", "ignore"],
    });
    running.push(shell);
    await expect.poll(() => existsSync(join(directory, "env"))).toBe(true);
    shell.kill("SIGTERM");
    // stdout closes when the command has ended.
    await once(shell.stdout, "close");
    expect(existsSync(join(directory, "env"))).toBe(false);
  });

  test.skipIf(process.platform !== "linux")(
    "if three start in one folder at once, one runs and the others print its address (needs Linux)",
    async () => {
      const all = [start(), start(), start()];
      const codes = await Promise.all(
        all.map((one) =>
          one.printed("Local Azure on").then(
            () => "runs",
            () => one.ended,
          ),
        ),
      );
      expect(codes.toSorted()).toEqual([1, 1, "runs"]);
      const winner = all[codes.indexOf("runs")];
      const url = `https://${readEnvironmentFile(directory)?.ARM_METADATA_HOSTNAME}`;
      for (const one of all) if (one !== winner) expect(one.output().stderr).toContain(url);
      winner?.child.kill("SIGTERM");
      expect(await winner?.ended).toBe(0);
    },
  );

  test("waits for a predecessor that is still stopping", async () => {
    const first = start();
    await first.printed("Local Azure on");
    first.child.kill("SIGTERM");
    await expect.poll(() => first.output().stderr, { timeout: 30_000 }).toContain("Stopping");
    const second = start();
    await second.printed("Local Azure on");
    expect(await first.ended).toBe(0);
    expect(existsSync(join(directory, "env"))).toBe(true);
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);
  });

  test("after SIGKILL, no replica, secret file or .local/env remains", async () => {
    const azure = start();
    await azure.printed("Local Azure on");
    const environment = readEnvironmentFile(directory) ?? {};
    const caPem = await readFile(environment.REQUESTS_CA_BUNDLE ?? "", "utf8");
    const url = `https://${environment.ARM_METADATA_HOSTNAME}`;
    const call = (method: string, path: string, body?: object) =>
      arm({ url, environment, caPem } as TestAzure, method, path, body === undefined ? {} : { body });
    const group = `/subscriptions/${environment.ARM_SUBSCRIPTION_ID}/resourcegroups/rg`;
    await call("PUT", group, { location: "eastus" });
    const managed = `${group}/providers/Microsoft.App/managedEnvironments/env`;
    await call("PUT", managed, { location: "eastus", properties: {} });
    const app = `${group}/providers/Microsoft.App/containerApps/app`;
    const configuration = { secrets: [{ name: "key", value: "planted-secret" }], activeRevisionsMode: "Single" };
    const template = {
      containers: [{ name: "app", image: "a", volumeMounts: [{ volumeName: "keys", mountPath: "/keys" }] }],
      volumes: [{ name: "keys", storageType: "Secret" }],
      scale: { minReplicas: 2 },
    };
    const properties = { managedEnvironmentId: managed, configuration, template };
    await call("PUT", app, { location: "eastus", properties });
    const running = async (): Promise<string[]> => {
      const { body } = await call("GET", `${app}/revisions/app--0000001/replicas`);
      return ((body.value ?? []) as { name: string }[]).map(({ name }) => name);
    };
    await expect.poll(running, { timeout: 30_000 }).toHaveLength(2);
    const names = await running();
    await expect.poll(() => processesOf(names).length, { timeout: 30_000 }).toBe(2);
    const files = () => readdirSync(directory, { recursive: true }).map(String);
    expect(files().filter((file) => file.endsWith("keys/key"))).toHaveLength(2);

    azure.child.kill("SIGKILL");
    await azure.ended;
    await expect.poll(() => processesOf(names), { timeout: 30_000 }).toEqual([]);
    await expect.poll(() => files().filter((file) => /^(env|replicas)/.test(file)), { timeout: 30_000 }).toEqual([]);
  });

  test("the cleanup after a killed one does not touch the folder of its successor", async () => {
    const first = start();
    await first.printed("Local Azure on");
    // The env file of a successor that started before the cleanup.
    writeEnvironmentFile(directory, { ARM_METADATA_HOSTNAME: "127.0.0.1:1" });
    first.child.kill("SIGKILL");
    await first.ended;
    const cleaners = () =>
      readdirSync("/proc").filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`cleaner\0${directory}\0`);
        } catch {
          return false;
        }
      });
    await expect.poll(cleaners, { timeout: 30_000 }).toEqual([]);
    expect(readEnvironmentFile(directory)).toEqual({ ARM_METADATA_HOSTNAME: "127.0.0.1:1" });
  });

  test("the printed line to source works in a shell, whatever characters the folder name has", async () => {
    const azure = startWith({ AGW_LOCAL: join(directory, `it's "a" $HOME ☃`) });
    await azure.printed("The file exports");
    const line = /^ {2}\. .*$/m.exec(azure.output().stdout)?.[0];
    const printed = execFileSync("/bin/sh", ["-c", `${line}\necho "https://$ARM_METADATA_HOSTNAME"`], {
      encoding: "utf8",
    });
    expect(azure.output().stdout).toContain(`Local Azure on ${printed.trim()} `);
  });

  test.each(["/dev/null", "/dev/null/below"])(
    "a folder that cannot be created or written (%s) is named, exit code 1",
    async (AGW_LOCAL) => {
      const azure = startWith({ AGW_LOCAL });
      expect(await azure.ended).toBe(1);
      const message = `cannot write to ${AGW_LOCAL} (ENOTDIR). Set AGW_LOCAL to a writable folder\n`;
      expect(azure.output().stderr).toBe(`agw azure: ${message}`);
      expect(await agwHere(["demo"], { AGW_LOCAL })).toEqual({ code: 1, stdout: "", stderr: `agw demo: ${message}` });
    },
  );

  test("up names the local Azure that is gone and the command to start one", async () => {
    writeEnvironmentFile(directory, { ARM_METADATA_HOSTNAME: "127.0.0.1:1" });
    const up = spawn(process.execPath, [agw, "up"], { env: env(directory), stdio: ["ignore", "ignore", "pipe"] });
    running.push(up);
    const printed = await text(up.stderr);
    expect(printed).toMatch(/127\.0\.0\.1:1\D.*npx agw azure\n$/);
    expect(printed).not.toMatch(/\n\s+at /);
  });

  const ownAz = join(localDirectory({}), "az", "bin");
  test.skipIf(!existsSync(join(ownAz, "az")))(
    "another folder shares the Azure CLI in .local, and its env file puts it first on the PATH (needs an Azure CLI in .local)",
    async () => {
      const folders = (process.env.PATH ?? "").split(":").filter((folder) => !existsSync(join(folder, "az")));
      const azure = startWith({ PATH: folders.join(":") });
      await azure.printed("Local Azure on");
      expect(azure.output().stderr).not.toContain("installing");
      expect(await readFile(join(directory, "env"), "utf8")).toContain(`export PATH='${ownAz}':"$PATH"\n`);
    },
  );

  test("reports all wrong options at once, with exit code 2", async () => {
    const wrong = start(
      "--port",
      "70000",
      "--policy",
      "sticky",
      "--cookie",
      "a b",
      "--replica",
      "no-such-program --port={port}",
      "--operation-seconds",
      "soon",
    );
    expect(await wrong.ended).toBe(2);
    const { stderr } = wrong.output();
    for (const option of ["--port", "--policy", "--cookie", "--replica", "--operation-seconds"])
      expect(stderr).toContain(option);
    expect(stderr).toContain("'no-such-program'");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  const hasNamespaces = spawnSync("unshare", ["--user", "--map-root-user", "--net", "true"]).status === 0;
  test("a replica command without {port} runs in a network namespace, and is refused if the machine can't create one", async () => {
    const azure = start("--replica", "sleep 60");
    if (hasNamespaces) return azure.printed("Local Azure on");
    expect(await azure.ended).toBe(2);
    expect(azure.output().stderr).toContain("unshare --user --map-root-user --net");
  });

  test("a port that is in use gives one line, exit code 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const azure = start("--port", String(port));
    expect(await azure.ended).toBe(1);
    // Told before anything that takes long, such as the installation of az.
    expect(azure.output().stderr).toMatch(new RegExp(`^agw azure: port ${port}\\b[^\n]*\n$`));
    taken.close();
  });
});
