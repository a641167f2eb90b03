import type { TLSSocket } from "node:tls";

/** Header values by connection, because a connection's certificate never changes. */
const headers = new WeakMap<TLSSocket, string>();

export function hasCertificate(socket: TLSSocket): boolean {
  return socket.getPeerX509Certificate() !== undefined;
}

/**
 * Returns the value of X-Forwarded-Client-Cert, `Hash=…;Cert="…";Chain="…";`, as described in Microsoft Learn,
 * "Configure client certificate authentication in Azure Container Apps"; undefined if the client sent no certificate.
 * As on Azure, the ingress does not check who signed the certificate; the app must do that.
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
