import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

export interface TlsOptions {
  /** Certificate authorities to trust in addition to Node's, in PEM format. */
  readonly ca: string | undefined;
  /** The client's certificate chain and its private key, in PEM format; both or neither. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/**
 * Creates one TLS context for all connections, because creating one takes milliseconds: it reads about 150 certificates.
 * The post-quantum group comes last, so that its key is generated only for servers that ask for it. By default, OpenSSL
 * 3.5 generates one in every handshake, which is a sixth of the handshake's cost.
 */
export function secureContextFor({ ca, cert, key }: TlsOptions): SecureContext {
  const hybrid = Number.parseFloat(process.versions.openssl) >= 3.5 ? ":X25519MLKEM768" : "";
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates("default"), ca] };
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  return createSecureContext({ ...trusted, ...own, ecdhCurve: `X25519:P-256:P-384:P-521${hybrid}` });
}
