import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAuthority } from "../../../src/host/pki.ts";
import { removeDirectory } from "../../../src/system/removeDirectory.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agw-pki-"));
});
afterEach(() => removeDirectory(directory));

describe("the local certificate authority", () => {
  test("issues certificates for 127.0.0.1 and localhost, and a client that trusts it connects to both", async () => {
    const authority = await createAuthority(join(directory, "pki"));
    const server = createServer(authority.issue(["127.0.0.1", "localhost"])).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    for (const servername of ["127.0.0.1", "localhost"]) {
      const options = servername === "localhost" ? { servername } : {};
      const socket = connect({
        host: servername === "localhost" ? "127.0.0.1" : servername,
        port,
        ca: authority.caPem,
        ...options,
      });
      await new Promise((resolve, reject) =>
        socket.once("secureConnect", () => resolve(undefined)).once("error", reject),
      );
      expect(socket.authorized).toBe(true);
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });

  test("is limited to loopback: clients refuse its certificates for another host", async () => {
    const authority = await createAuthority(join(directory, "pki"));
    const server = createServer(authority.issue(["example.com"])).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: "127.0.0.1", port, ca: authority.caPem, servername: "example.com" });
    const error = await new Promise<Error>((resolve) => socket.once("error", resolve));
    expect(error.message).toContain("permitted subtree violation");
    await new Promise((resolve) => server.close(resolve));
  });

  test("stores keys with mode 0600 in a 0700 folder, and loads them at the next start", async () => {
    const folder = join(directory, "pki");
    const first = await createAuthority(folder);
    const second = await createAuthority(folder);
    expect(second.caPem).toBe(first.caPem);
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    expect([await mode(folder), await mode(join(folder, "ca.key"))]).toEqual(["700", "600"]);
    const leaf = new X509Certificate(second.issue(["127.0.0.1"]).cert);
    expect(leaf.verify(new X509Certificate(first.caPem).publicKey)).toBe(true);
  });

  test("is created again if its files are damaged or don't match", async () => {
    const folder = join(directory, "pki");
    const first = await createAuthority(folder);
    await writeFile(join(folder, "ca.pem"), "nonsense");
    const second = await createAuthority(folder);
    expect(second.caPem).not.toBe(first.caPem);
    const other = await createAuthority(join(directory, "other"));
    await writeFile(join(folder, "ca.pem"), other.caPem);
    const third = await createAuthority(folder);
    expect([first.caPem, second.caPem, other.caPem]).not.toContain(third.caPem);
  });

  test("each certificate has its own key and is valid for at most 30 days", async () => {
    const authority = await createAuthority(join(directory, "pki"));
    const [one, two] = [authority.issue(["127.0.0.1"]), authority.issue(["127.0.0.1"])];
    expect(one.key).not.toBe(two.key);
    const leaf = new X509Certificate(one.cert);
    expect(leaf.checkPrivateKey(createPrivateKey(one.key))).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.subjectAltName).toBe("IP Address:127.0.0.1");
    expect(Date.parse(leaf.validTo) - Date.now()).toBeLessThanOrEqual(30 * 86_400_000);
  });
});
