import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestCertificate {
  readonly ca: string;
  readonly caFile: string;
  readonly tls: { readonly key: string; readonly cert: string };
}

/** A self-signed certificate for 127.0.0.1 and localhost, good for a server and for a client, in a directory of its own. */
export function createTestCertificate(): TestCertificate {
  const directory = mkdtempSync(join(tmpdir(), "certificate-"));
  const key = join(directory, "key.pem");
  const cert = join(directory, "cert.pem");
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, ...names], { stdio: "ignore" });
  const pem = readFileSync(cert, "utf8");
  return { ca: pem, caFile: cert, tls: { key: readFileSync(key, "utf8"), cert: pem } };
}
