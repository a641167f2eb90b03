import type { Failure, FailureReason } from "../http/outcome.ts";
import type { Words } from "./phrases.ts";

/** What is known of a failure: nothing if calls failed in the middle of a run, because no single one stands for all. */
type Said = Partial<Pick<Failure, "detail" | "location">>;

/** Why no session could be opened, or too much failed, and what to do. */
export const failureWords = (reason: FailureReason, said: Said = {}): Words => sentences[reason](said);

const sentences: Readonly<Record<FailureReason, (said: Said) => Words>> = {
  dns: ({ detail }) => ({ reason: `The host name cannot be resolved: ${detail}.`, advice: ["Check --url."] }),
  refused: ({ detail }) => ({
    reason: `Nothing accepts connections there: ${detail}.`,
    advice: ["Check host and port; is the ingress external?"],
  }),
  tls: ({ detail }) => ({
    reason: `The TLS connection failed: ${detail}.`,
    advice: [
      "For a certificate of your own authority give --ca FILE; check that the name in --url is in the certificate, and that the port speaks https.",
    ],
  }),
  timeout: ({ detail }) => ({
    reason: `No answer in time: ${detail}.`,
    advice: ["Is a replica running? Raise --timeout for a cold start."],
  }),
  broken: ({ detail }) => ({
    reason: `The connection broke: ${detail}.`,
    advice: ["Check that http or https in --url is what the port speaks."],
  }),
  redirected: ({ detail, location }) => ({
    reason: `The gateway redirects to another address: ${detail}.`,
    advice: [
      `Give that ${location?.startsWith("https://") ? "https " : ""}address with --url.`,
      "Clients get no further either, where they do not follow a redirect, or after a 301 or 302 send GET in place of POST.",
    ],
  }),
  "sign-in": ({ detail }) =>
    detail === undefined
      ? {
          reason:
            "The gateway asked for sign-in in the middle of the run: calls were answered 401, or sent to a sign-in page.",
          advice: [
            "Give a token that outlasts the run; this one may have ended.",
            "Look at which paths and methods ask for sign-in.",
          ],
        }
      : {
          reason: `The gateway asks for sign-in: ${detail}.`,
          advice: ["Give a token with --bearer-file FILE, or in TOKEN."],
        },
  forbidden: ({ detail }) => ({
    reason: `The gateway forbids this: ${detail}.`,
    advice: ["Check the token's rights, and the ingress's IP restrictions."],
  }),
  "rate-limited": ({ detail }) => ({
    reason: `The gateway limits the rate: ${detail ?? "calls were answered 429"}.`,
    advice: ["Go slower: --rate 10."],
  }),
  "no-endpoint": ({ detail }) => ({
    reason: `There is no MCP endpoint at this path: ${detail}.`,
    advice: ["Check --path; common are /mcp and /sse."],
  }),
  "not-mcp": ({ detail }) => ({
    reason: `What answers does not speak MCP: ${detail}.`,
    advice: ["Check --url and --path."],
  }),
  garbage: ({ detail }) => ({ reason: `The answer cannot be read: ${detail}.`, advice: ["Check --url and --path."] }),
  "server-error": ({ detail }) => ({
    reason: `The gateway answers with an error of its own: ${detail}.`,
    advice: ["Look at the gateway's log and its targets."],
  }),
  rejected: ({ detail }) => ({
    reason: `The gateway refuses to open a session: ${detail}.`,
    advice: ["Look at the gateway's log."],
  }),
};
