import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * The only tenant, subscription and identity. They are fixed so that ids in a stack's state stay valid after a restart.
 */
export const identity = {
  tenant: "00000000-0000-4000-8000-0000000000aa",
  subscription: "00000000-0000-4000-8000-000000000001",
  subscriptionName: "Local Azure",
  /** Object ID of the caller; also the client ID of the service principal. */
  principal: "00000000-0000-4000-8000-0000000000bb",
} as const;

const lifetimeSeconds = 86_400;

export interface IssuedToken {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresOn: number;
  /** Seconds. */
  readonly expiresIn: number;
}

export type TokenCheck =
  | { readonly kind: "valid"; readonly caller: string }
  | { readonly kind: "refused"; readonly why: string };

/** Issues and verifies JSON Web Tokens (RFC 7519, HS256). Each server uses a new random key. */
export class Tokens {
  readonly #key = randomBytes(32);
  readonly #issuer: string;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  issue(audience: string, now = Math.floor(Date.now() / 1000)): IssuedToken {
    const claims = {
      aud: audience,
      iss: this.#issuer,
      iat: now,
      nbf: now,
      exp: now + lifetimeSeconds,
      tid: identity.tenant,
      oid: identity.principal,
      sub: identity.principal,
      appid: identity.principal,
      idtyp: "app",
      ver: "1.0",
    };
    const content = `${part({ typ: "JWT", alg: "HS256" })}.${part(claims)}`;
    return { token: `${content}.${this.#sign(content)}`, expiresOn: claims.exp, expiresIn: lifetimeSeconds };
  }

  /**
   * Checks signature, expiry and audience. Ignores the token's `alg`: the algorithm is always HS256.
   *
   * @param audiences accepted audiences, without a trailing slash
   */
  verify(token: string, audiences: readonly string[], now = Math.floor(Date.now() / 1000)): TokenCheck {
    const [head = "", payload = "", signature = "", ...rest] = token.split(".");
    if (rest.length > 0 || !equalSecrets(signature, this.#sign(`${head}.${payload}`))) {
      return { kind: "refused", why: "The access token is malformed, or was not issued by this local Azure." };
    }
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, string | number>;
    if (Number(claims.exp) <= now) return { kind: "refused", why: "The access token expired." };
    const audience = String(claims.aud).replace(/\/+$/, "");
    if (!audiences.includes(audience)) {
      return {
        kind: "refused",
        why: `The access token has been obtained for wrong audience or resource '${audience}'. It should be one of '${audiences.join(", ")}'.`,
      };
    }
    return { kind: "valid", caller: String(claims.oid) };
  }

  #sign(content: string): string {
    return createHmac("sha256", this.#key).update(content).digest("base64url");
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Compares two secrets in constant time. */
export function equalSecrets(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
