/** Values that are secrets regardless of the variable's name. A variable or placeholder in place of the password doesn't count. */
const forms: readonly (readonly [form: RegExp, what: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY/, "a private key"],
  [/\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/, "a JWT"],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, "an AWS access key"],
  [/\b(?:gh[oprsu]_|github_pat_|glpat-|npm_|hf_)\w{20}|\bxox[abeoprs]-\w{10}|\bAIza[\w-]{35}/, "an access token"],
  [/^[sr]k[-_][\w-]{12}/, "an API key"],
  [
    /\b(?:AccountKey|SharedAccess(?:Key|Signature)|Secret|Password|Pwd) *= *(?![$<{*])[^;\s]/i,
    "a connection string with a secret",
  ],
  [/[?&;]sig=[\w%+/=-]{20}/, "a shared access signature"],
  [/:\/\/[^\s/:@]*:(?![$<{*])[^\s/@]+@/, "a URL with a password"],
];

/** Endings of names whose values are secrets. Only the ending counts: TOKEN_URL is an address, SSL_KEY_FILE a file. */
const names =
  /(?:^|_)(?:PASS|PWD|PAT|CREDENTIALS|\w*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET)|(?:AUTH|ACCESS|REFRESH|BEARER|BOT|API)?TOKEN|(?:\w*_)?(?:API|ACCESS|ACCOUNT|ADMIN|AUTH|ENCRYPTION|HMAC|HOST|JWT|LICENSE|MASTER|PRIVATE|SECRET|SESSION|SHARED|SIGNING|SUBSCRIPTION|WEBHOOK)_?KEY|\w*APIKEY)$/;
/** Suffixes that tell several secrets apart; removed before the ending is judged. */
const variants = /(?:_?\d+|_(?:V\d+|OLD|NEW|PREVIOUS|PRIMARY|SECONDARY|PROD|DEV|STAGING|TEST|BASE|BASE64|B64|VALUE))+$/;
/** Names of keys that are never secrets. Other names that end in KEY are, if the value looks random. */
const publicKeys = /(?:PUBLIC|PUBLISHABLE|INSTRUMENTATION|SITE)_?KEY$/;
const random = /^(?=.*\d)(?=.*[A-Za-z])[\w+/=~.-]{20,}$/;
/** Values that aren't secrets regardless of the name: switches, numbers, durations, paths, addresses, placeholders. */
const harmless =
  /^(?:|true|false|yes|no|on|off|none|null|[\d.]{1,5}(?:ms|[smhd])?|P[\dTYMWDHS.]+|(?:\/|\.\.?\/|~\/|[A-Z]:\\)[\w./\\@-]*|[\w.-]+(?:\/[\w.-]+)+\.\w+|[a-z][\w+.-]*:\/\/\S*|\$[({].*[)}]|\{\{.*\}\}|<.*>|@Microsoft\.KeyVault\(.*\))$/i;

/** Says what a plain variable's value looks like if it is probably a secret. Judges the value first, then the name. */
export function secretLook(name: string, whole: string): string | undefined {
  // Limited, because some patterns take quadratic time.
  const value = whole.slice(0, 2000);
  const form = forms.find(([pattern]) => pattern.test(value));
  if (form !== undefined) return form[1];
  const words = name
    .slice(-200)
    .replaceAll(/([a-z\d])([A-Z])|[.-]+/g, "$1_$2")
    .toUpperCase()
    .replace(variants, "");
  if (harmless.test(value.trim()) || publicKeys.test(words)) return undefined;
  return names.test(words) || (words.endsWith("KEY") && random.test(value))
    ? "a secret, judging by its name"
    : undefined;
}
