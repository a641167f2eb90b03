import { expect, test } from "vitest";
import { startTestApp } from "../../../../tests/support/mcp/testApp.ts";
import { createTestCertificate } from "../../../../tests/support/mcp/testAuthority.ts";
import { runProbe } from "../../src/index.ts";

// The local Azure's ingress ends the TLS connection of a client without a certificate, as Container Apps does.

test("a gateway that requires a client certificate: held with one, also by the official client; without one, names the options", async () => {
  await using app = await startTestApp({ replicas: 2, ingress: { clientCertificateMode: "require" } });
  await using client = await createTestCertificate();
  const options = { url: app.url, ca: app.ca, sessions: 12, calls: 4, controlSessions: 8 } as const;
  for (const kind of ["sdk", "sdk-v2"] as const) {
    const report = await runProbe({ ...options, ...client.tls, client: kind });
    expect(report).toMatchObject({ verdict: "held", officialClient: { ok: 3 } });
    expect(JSON.stringify(report)).not.toContain(client.tls.key.split("\n")[1]);
  }
  const refused = await runProbe(options);
  expect(refused).toMatchObject({ verdict: "inconclusive", cause: "client-certificate" });
  expect(refused.advice.join()).toMatch(/--cert .*--key /);
});
