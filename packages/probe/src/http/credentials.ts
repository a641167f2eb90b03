/** Least milliseconds between two renewals of a token. A gateway that refuses every token must not cause more. */
const renewalInterval = 60_000;
/** Shorter values are hardly secrets, and messages may contain them by chance. */
const shortestSecret = 8;

export interface CredentialsOptions {
  /** Sent with each request. The values may be secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fetches a bearer token; undefined if there is none to fetch. */
  readonly fetchToken: (() => Promise<string>) | undefined;
}

/** The headers that identify the probe to the gateway. Fetches a new token after the old one has expired. */
export class Credentials {
  #headers: Readonly<Record<string, string>>;
  readonly #fetchToken: CredentialsOptions["fetchToken"];
  /** All secrets ever sent, which must not be shown. */
  readonly #secrets = new Set<string>();
  #renewedAt = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor({ headers, fetchToken }: CredentialsOptions) {
    this.#headers = headers;
    this.#fetchToken = fetchToken;
    // A gateway may echo a token without its scheme.
    for (const value of Object.values(headers)) this.#keepSecret(value.replace(/^(Basic|Bearer) /i, ""));
  }

  /** The current headers, which are replaced when the token is. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** Fetches the first token. @throws what `fetchToken` throws, or an error if HTTP headers don't allow the token */
  async obtain(): Promise<void> {
    if (this.#fetchToken === undefined) return;
    const token = await this.#fetchToken();
    this.#keepSecret(token);
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new Error(`the token (${token.length} characters) contains characters that are not allowed in a token`);
    this.#headers = { ...this.#headers, authorization: `Bearer ${token}` };
  }

  /**
   * Returns whether to resend a request that was refused with these headers, because there is a different token now.
   * Fetches a token at most once a minute. If that fails, the refusal stands.
   */
  async renewed(sent: Readonly<Record<string, string>>): Promise<boolean> {
    if (this.#fetchToken === undefined) return false;
    if (sent === this.#headers && performance.now() - this.#renewedAt >= renewalInterval) {
      this.#renewedAt = performance.now();
      this.#fetching ??= this.obtain().finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching?.catch(() => undefined);
    return sent.authorization !== this.#headers.authorization;
  }

  /** Sends a request, and resends it if it was refused with 401 and there is a different token now. */
  async sending<T>(send: () => Promise<T>, statusOf: (answer: T) => number | undefined): Promise<T> {
    const sent = this.#headers;
    const answer = await send();
    return statusOf(answer) === 401 && (await this.renewed(sent)) ? send() : answer;
  }

  /** Hides all secrets in a text from the gateway, which may echo what it was sent. */
  hide(text: string): string {
    let hidden = text;
    for (const secret of this.#secrets) hidden = hidden.replaceAll(secret, "[secret]");
    return hidden;
  }

  #keepSecret(value: string): void {
    if (value.length >= shortestSecret) this.#secrets.add(value);
  }
}
