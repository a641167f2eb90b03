/** Runs only the ingress, in a separate process, to measure its CPU time and memory. */
import { flushCompileCache } from "node:module";
import { AppIngress } from "../../packages/local-azure/src/dataPlane/ingress/appIngress.ts";
import { loopback } from "../../packages/local-azure/src/dataPlane/net/address.ts";

/** The message from the parent process. The answer is the port. */
export interface IngressOrder {
  readonly ports: readonly number[];
  readonly tls: { readonly key: string; readonly cert: string };
}

process.once("message", async ({ ports, tls }: IngressOrder) => {
  const options = { tls, policy: "pinned", cookie: "acaAffinity", idleTimeout: 240_000 } as const;
  const ingress = await AppIngress.open(options, {
    appId: "bench",
    appName: "bench",
    transport: "auto",
    allowInsecure: true,
    affinity: "sticky",
    allowedRanges: [],
    clientCertificateMode: "ignore",
  });
  ingress.route(ports.map((port) => ({ name: `replica-${port}`, address: loopback(port) })));
  process.send?.(Number(ingress.fqdn.split(":")[1]));
  // Flushed now, because the process ends by SIGKILL.
  flushCompileCache();
});
process.on("disconnect", () => process.exit());
