import type { TLSSocket } from "node:tls";

/** Header values by connection: a certificate does not change while the connection lasts. */
const headers = new WeakMap<TLSSocket, string>();

export function hasCertificate(socket: TLSSocket): boolean {
  return socket.getPeerX509Certificate() !== undefined;
}

/**
 * The value of X-Forwarded-Client-Cert, `Hash=…;Cert="…";Chain="…";` as Microsoft Learn describes it ("Configure client
 * certificate authentication in Azure Container Apps"); undefined where the client sent no certificate. As on Azure, the
 * ingress does not check who signed it: that is the app's to do.
 */
export function certificateHeader(socket: TLSSocket): string | undefined {
  const known = headers.get(socket);
  if (known !== undefined) return known === "" ? undefined : known;
  const certificate = socket.getPeerX509Certificate();
  let value = "";
  if (certificate !== undefined) {
    const pem = encodeURIComponent(certificate.toString());
    value = `Hash=${certificate.fingerprint256.replaceAll(":", "").toLowerCase()};Cert="${pem}";Chain="${pem}";`;
  }
  headers.set(socket, value);
  return value === "" ? undefined : value;
}
