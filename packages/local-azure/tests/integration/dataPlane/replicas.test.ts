import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../../tests/support/mcp/testApp.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { type ProbeSpec, RevisionFailed } from "../../../src/dataPlane/contract/dataPlane.ts";
import { connect, withCookies } from "../../support/mcpClients.ts";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const node = `'${process.execPath}'`;
const echo = `${node} '${file("../../support/echoReplica.mjs")}' {port}`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const has = (program: string): boolean => spawnSync("sh", ["-c", 'command -v "$0"', program]).status === 0;
const hasNamespaces = (): boolean => spawnSync("unshare", ["--user", "--map-root-user", "--net", "true"]).status === 0;

describe("replicas", () => {
  test.for([
    ["the default server", undefined],
    ["a command", echo],
    ["a command that ignores SIGTERM", `sh -c "trap : TERM; ${echo.replaceAll("'", "")}; sleep 60"`],
  ] as const)("of %s end when their parent is killed with SIGKILL", async ([, command]) => {
    const script = file("../../support/dataPlaneProcess.ts");
    // The killed process leaves its temporary folders in this one, which is removed.
    await using folder = await temporaryDirectory();
    const parent = spawn(process.execPath, [script, ...(command === undefined ? [] : [command])], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TMPDIR: folder.path },
    });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
    const { pids, url, ca } = JSON.parse(line) as { pids: number[]; url: string; ca: string };
    const agent = new Agent({ connect: { ca } });
    onTestFinished(() => agent.destroy());
    const asked = () => request(url, { dispatcher: agent, reset: true }).then(({ body }) => body.dump());
    await asked();
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill("SIGKILL");
    await expect.poll(() => pids.map(isAlive), { timeout: 30_000 }).toEqual([false, false]);
    await expect(asked()).rejects.toThrow();
  });

  test("are named as on Container Apps, and get the container's and Container Apps' environment variables", async () => {
    const script = "console.log(JSON.stringify(process.env)); import(process.argv[1])";
    const replicaCommand = `${node} -e "${script}" '${file("../../support/echoReplica.mjs")}' {port}`;
    const container = { name: "app", image: "i", env: { MODE: "a b'c" }, probes: [], files: {} };
    // With `node -e`, argv has no file name, so the replica also finds the port in argv[2].
    await using app = await startTestApp({ plane: { replicaCommand }, revision: { containers: [container] } });
    const [replica] = app.plane.replicas(app.appId, app.revision.revision);
    expect(replica?.name).toMatch(/^app--0000001-[\da-f]{10}-[\da-f]{5}$/);
    const [line] = app.plane.logs(app.appId, app.revision.revision, replica?.name);
    expect(JSON.parse(line?.text ?? "")).toMatchObject({
      MODE: "a b'c",
      CONTAINER_APP_NAME: "app",
      CONTAINER_APP_REVISION: "app--0000001",
      CONTAINER_APP_REPLICA_NAME: replica?.name,
    });
    expect(Object.keys(JSON.parse(line?.text ?? "") as object)).not.toContain("VITEST");
  });

  test("that keep ending fail their revision; the message has the exit code and the last log lines", async () => {
    const failing = startTestApp({
      plane: { replicaCommand: `${node} -e "console.error('no key'); process.exit(3)" {port}` },
    });
    await expect(failing).rejects.toThrow(RevisionFailed);
    await expect(failing).rejects.toThrow(/exit code 3[\s\S]*no key/);
  });

  test("whose probe never passes fail their revision; the message has the probe", async () => {
    const probe = {
      type: "Startup",
      httpGet: { path: "/nowhere", port: 15021 },
      periodSeconds: 1,
      failureThreshold: 1,
      // Long enough for a busy machine: the probe must fail because of the status, not the time.
      timeoutSeconds: 30,
    } as const;
    const readiness = { ...probe, type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 } } as const;
    const container = { name: "app", image: "i", env: {}, probes: [probe, readiness], files: {} };
    await expect(startTestApp({ revision: { containers: [container] } })).rejects.toThrow(/GET \/nowhere answered 404/);
  });

  test("whose liveness probe fails are restarted", async () => {
    await using folder = await temporaryDirectory();
    // Unhealthy only before the first restart.
    const health = `const fs=require('fs'), life=process.argv[2], ill=!fs.existsSync(life); fs.writeFileSync(life,''); require('http').createServer((q,r)=>{r.statusCode=ill?500:200;r.end()}).listen(process.argv[1])`;
    const liveness = {
      type: "Liveness",
      httpGet: { path: "/", port: 8080 },
      periodSeconds: 1,
      failureThreshold: 1,
      timeoutSeconds: 30,
    } as const;
    const container = { name: "app", image: "i", env: {}, probes: [liveness], files: {} };
    await using app = await startTestApp({
      plane: { replicaCommand: `${node} -e "${health}" {port} '${join(folder.path, "life")}'` },
      revision: { containers: [container] },
    });
    const read = () => app.plane.replicas(app.appId, app.revision.revision)[0];
    await expect.poll(read, { timeout: 30_000 }).toMatchObject({ restartCount: 1, ready: true });
  });

  test("that answer their liveness probe after its timeout, by default 1 s, are restarted", async () => {
    const late = `require('http').createServer((q,r)=>setTimeout(()=>{console.log('answered');r.end()},1500)).listen(process.argv[1])`;
    const start = (more: { readonly timeoutSeconds?: number }) => {
      const liveness = { type: "Liveness", httpGet: { path: "/", port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
      const probes = [{ ...liveness, ...more }] as ProbeSpec[];
      return startTestApp({
        plane: { replicaCommand: `${node} -e "${late}" {port}` },
        revision: { containers: [{ name: "app", image: "i", env: {}, probes, files: {} }] },
      });
    };
    await using impatient = await start({});
    await using patient = await start({ timeoutSeconds: 30 });
    const log = ({ plane, appId, revision }: TestApp) => plane.logs(appId, revision.revision).map(({ text }) => text);
    await expect
      .poll(() => log(impatient).join("\n"), { timeout: 30_000 })
      .toMatch(/restarted: .* no answer within 1000 ms/);
    await expect.poll(() => log(patient).filter((text) => text === "answered").length, { timeout: 30_000 }).toBe(2);
    expect(patient.plane.replicas(patient.appId, patient.revision.revision)).toMatchObject([{ restartCount: 0 }]);
  });

  test("get the files of secret volumes, only below their own directory", async () => {
    const print =
      "console.log(require('fs').readFileSync(process.argv[2]+'/etc/key','utf8')); require('http').createServer().listen(process.argv[1])";
    const container = { name: "app", image: "i", env: {}, probes: [], files: { "/../../etc/key": "content" } };
    await using app = await startTestApp({
      plane: { replicaCommand: `${node} -e "${print}" {port} {files}` },
      revision: { containers: [container] },
    });
    expect(app.plane.logs(app.appId, app.revision.revision).map(({ text }) => text)).toContain("content");
  });

  test.skipIf(!has("python3"))("that other machines can reach are refused (needs python3)", async () => {
    const failing = startTestApp({ plane: { replicaCommand: "python3 -m http.server {port}" } });
    await expect(failing).rejects.toThrow(/other machines can reach the command on port \d+/);
  });
});

describe("other servers as replicas", () => {
  const call = async (app: TestApp): Promise<string[]> => {
    const answers: string[] = [];
    for (let n = 0; n < 4; n++) {
      await using client = await connect("v1", app.url, withCookies(app.fetch));
      for (let k = 0; k < 3; k++) answers.push(await client.call("echo", { message: `${n}${k}` }));
    }
    return answers;
  };
  const expected = [0, 1, 2, 3].flatMap((n) => [0, 1, 2].map((k) => `Echo: ${n}${k}`));
  const everything = file("../../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js");

  test("server-everything keeps its sessions on three replicas with affinity, and listens only on loopback", async () => {
    await using app = await startTestApp({
      replicas: 3,
      plane: { replicaCommand: `${node} '${everything}' streamableHttp --port={port}` },
    });
    expect(await call(app)).toEqual(expected);
  });

  const noGateway = !has("agentgateway") || !hasNamespaces();
  test.skipIf(noGateway)(
    "agentgateway keeps its sessions, with the template's configuration and ports, each replica in a network namespace (needs agentgateway and unshare)",
    async () => {
      await using upstream = await startTestApp({
        plane: { replicaCommand: `${node} '${everything}' streamableHttp --port={port}` },
        ingress: { allowInsecure: true },
      });
      const target = upstream.url.replace("https:", "http:");
      const config = JSON.stringify({
        binds: [
          {
            port: 8080,
            listeners: [
              { routes: [{ backends: [{ mcp: { targets: [{ name: "up", mcp: { host: `${target}/mcp` } }] } }] }] },
            ],
          },
        ],
      });
      const container = {
        name: "agentgateway",
        image: "cr.agentgateway.dev/agentgateway:v1.4.1",
        args: ["-f", "/config/config.yaml"],
        env: {},
        probes: [{ type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 } }] as const,
        files: { "/config/config.yaml": config },
      };
      await using app = await startTestApp({
        replicas: 2,
        plane: { replicaCommand: "agentgateway" },
        revision: { containers: [container] },
      });
      expect(await call(app)).toEqual(expected);
    },
  );
});
