import type { Failure, FailureReason } from "../http/outcome.ts";
import type { Sentences } from "./phrases.ts";

/** What the failed exchange reported; empty if calls failed during the run, because no single one stands for all. */
type Reported = Partial<Pick<Failure, "detail" | "location">>;

/** Says why no session could be opened, or why too many calls failed, and what to do about it. */
export const failureSentences = (reason: FailureReason, reported: Reported = {}): Sentences =>
  sentences[reason](reported);

const sentences: Readonly<Record<FailureReason, (reported: Reported) => Sentences>> = {
  dns: ({ detail }) => ({
    reason: `The host name can't be resolved: ${detail}.`,
    advice: ["Check the host name in --url."],
  }),
  refused: ({ detail }) => ({
    reason: `Can't connect to the gateway: ${detail}.`,
    advice: [
      "Check the host and port in --url.",
      "On Container Apps, check that ingress is external if you probe from outside the environment's network.",
    ],
  }),
  tls: ({ detail }) => ({
    reason: `The TLS connection failed: ${detail}.`,
    advice: [
      "If a private certificate authority signed the certificate, pass its certificate with --ca FILE.",
      "Check that the certificate covers the host name in --url, and that this port speaks https.",
    ],
  }),
  "client-certificate": ({ detail }) => ({
    reason: `The gateway requires a client certificate that it accepts: ${detail}.`,
    advice: ["Pass a certificate that it accepts with --cert FILE, and its private key with --key FILE."],
  }),
  "no-token": ({ detail }) => ({
    reason: `The probe could not get a token: ${detail}.`,
    advice: ["Run the command in --bearer-command (or PROBE_TOKEN_COMMAND) yourself: it must print only the token."],
  }),
  timeout: ({ detail }) => ({
    reason: `The request timed out: ${detail}.`,
    advice: ["Check that a replica is running. If the app scales from zero, raise --timeout."],
  }),
  broken: ({ detail }) => ({
    reason: `No complete response: ${detail}.`,
    advice: ["Check that --url has the right scheme (http or https) for this port. Then check the gateway's log."],
  }),
  redirected: ({ detail, location }) => ({
    reason: `The gateway redirects to another address: ${detail}.`,
    advice: [
      followAdvice(location),
      "Clients also fail if they don't follow redirects, or if they turn a POST into a GET after a 301 or 302.",
    ],
  }),
  "sign-in": ({ detail }) =>
    detail === undefined
      ? {
          reason:
            "The gateway asked for sign-in during the run: some calls were answered with 401 or a redirect to a sign-in page.",
          advice: [
            "Use a token that stays valid for the whole run, or --bearer-command, which fetches a new one when it expires.",
            "Check which paths and methods require sign-in.",
          ],
        }
      : {
          reason: `The gateway requires sign-in: ${detail}.`,
          advice: [
            "Pass a valid token with --bearer-file FILE, with --bearer-command CMD, or in the environment variable TOKEN.",
          ],
        },
  forbidden: ({ detail }) => ({
    reason: `The gateway denies access: ${detail}.`,
    advice: ["Check the token's permissions and the ingress's IP restrictions."],
  }),
  "rate-limited": ({ detail }) => ({
    reason: `The gateway limits the request rate: ${detail ?? "some calls were answered with 429"}.`,
    advice: ["Slow down, for example with --rate 10; with --watch, use fewer --sessions."],
  }),
  "no-endpoint": ({ detail }) => ({
    reason: `There is no MCP endpoint at this path: ${detail}.`,
    advice: [
      "Check --path. Common paths are /mcp, and /sse with --transport sse.",
      "On Container Apps, a 404 can also mean that no revision receives traffic.",
    ],
  }),
  "not-mcp": ({ detail }) => ({
    reason: `The response isn't MCP: ${detail}.`,
    advice: ["Check --url and --path."],
  }),
  garbage: ({ detail }) => ({
    reason: `The response can't be parsed: ${detail}.`,
    advice: ["Check --url and --path."],
  }),
  "server-error": ({ detail }) => ({
    reason: `The gateway returned a server error: ${detail}.`,
    advice: ["Check the gateway's log and its targets."],
  }),
  rejected: ({ detail }) => ({
    reason: `The gateway refused to open a session: ${detail}.`,
    advice: ["Check the gateway's log."],
  }),
};

function followAdvice(location = ""): string {
  if (location.startsWith("https://")) return "Pass that https address with --url.";
  return /^\/(?!\/)/.test(location) ? "Pass that path with --path." : "Pass that address with --url.";
}
