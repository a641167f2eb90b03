import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** The one tenant, subscription and identity of the local Azure. Fixed, so that ids in a stack's state survive restarts. */
export const identity = {
  tenant: "00000000-0000-4000-8000-0000000000aa",
  subscription: "00000000-0000-4000-8000-000000000001",
  subscriptionName: "Local Azure",
  /** Object id of the caller; also the client id of the service principal. */
  principal: "00000000-0000-4000-8000-0000000000bb",
} as const;

const lifetimeSeconds = 86_400;

export interface IssuedToken {
  readonly token: string;
  /** Epoch seconds. */
  readonly expiresOn: number;
  readonly expiresIn: number;
}

export type TokenCheck =
  | { readonly kind: "valid"; readonly caller: string }
  | { readonly kind: "refused"; readonly why: string };

/** Issues and checks JSON web tokens (RFC 7519, HS256) with a key that lives as long as the server. */
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

  /** Signature, lifetime, issuer and audience; the algorithm is not the token's to choose. */
  verify(token: string, audiences: readonly string[], now = Math.floor(Date.now() / 1000)): TokenCheck {
    const [head = "", payload = "", signature = "", ...rest] = token.split(".");
    if (rest.length > 0 || !equalSecrets(signature, this.#sign(`${head}.${payload}`))) {
      return { kind: "refused", why: "The access token's signature is invalid." };
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

/** Compares two secrets in a time that says nothing on where they differ. */
export function equalSecrets(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
