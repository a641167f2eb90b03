import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import { bits, context, type Der, integer, octets, oid, sequence, set, time, truth, utf8 } from "./der.ts";

/** A local certificate authority that issues certificates. */
export interface Authority {
  /**
   * Absolute path of the authority's certificate, for `REQUESTS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS` and similar
   * variables.
   */
  readonly caFile: string;
  readonly caPem: string;
  /** Issues a server certificate (PEM) for host names and IPv4 addresses. Clients only accept it for loopback ones. */
  issue(hosts: readonly string[]): { key: string; cert: string };
}

const day = 86_400_000;
const lifetime = { authority: 365 * day, server: 30 * day };

/** RFC 5280 and RFC 5758 object identifiers. */
const id = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  altName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKey: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/**
 * Loads the authority in `directory` (created with mode 0700, files in it 0600). Creates a new one if there is none,
 * its files are unusable, or it expires within a week. Name constraints limit it to loopback, so a stolen key is
 * useless elsewhere.
 */
export async function createAuthority(directory: string): Promise<Authority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = { key: join(directory, "ca.key"), cert: join(directory, "ca.pem") };
  const kept = await readAuthority(files.key, files.cert);
  const authority = kept ?? makeAuthority();
  if (kept === undefined) {
    await writeFile(files.key, authority.key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    await chmod(files.key, 0o600);
    await writeFile(files.cert, authority.certificate, { mode: 0o600 });
  }
  return {
    caFile: files.cert,
    caPem: authority.certificate,
    issue: (hosts) => issue(authority.key, hosts),
  };
}

interface Pair {
  readonly key: KeyObject;
  readonly certificate: string;
}

async function readAuthority(keyFile: string, certFile: string): Promise<Pair | undefined> {
  if (!existsSync(keyFile) || !existsSync(certFile)) return undefined;
  try {
    const [keyPem, certificate] = await Promise.all([readFile(keyFile, "utf8"), readFile(certFile, "utf8")]);
    const key = createPrivateKey(keyPem);
    const parsed = new X509Certificate(certificate);
    const usable = parsed.ca && parsed.checkPrivateKey(key) && Date.parse(parsed.validTo) > Date.now() + 7 * day;
    return usable ? { key, certificate } : undefined;
  } catch {
    // Incomplete or foreign files: a new authority replaces them.
    return undefined;
  }
}

const authorityName = "AgentGateway local Azure";

function makeAuthority(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = certify({
    subject: authorityName,
    subjectKey: publicKey,
    signingKey: privateKey,
    milliseconds: lifetime.authority,
    extensions: [
      extension(id.basicConstraints, true, sequence(truth)),
      extension(id.keyUsage, true, bits(Buffer.from([0x06]), 1)), // keyCertSign, cRLSign
      extension(id.nameConstraints, true, loopbackOnly()),
    ],
  });
  return { key: privateKey, certificate };
}

function issue(authorityKey: KeyObject, hosts: readonly string[]): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = certify({
    subject: hosts[0] ?? "localhost",
    subjectKey: publicKey,
    signingKey: authorityKey,
    milliseconds: lifetime.server,
    extensions: [
      extension(id.basicConstraints, true, sequence()),
      extension(id.keyUsage, true, bits(Buffer.from([0x80]), 7)), // digitalSignature
      extension(id.extendedKeyUsage, false, sequence(oid(id.serverAuth))),
      extension(id.altName, false, sequence(...hosts.map(generalName))),
    ],
  });
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }) as string, cert };
}

interface Request {
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly milliseconds: number;
  readonly extensions: readonly Der[];
}

function certify(request: Request): string {
  const algorithm = sequence(oid(id.ecdsaWithSha256));
  const now = Date.now();
  const body = sequence(
    context(0, integer(Buffer.from([2])), true), // X.509 version 3
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    name(authorityName),
    // Valid from one hour ago, because clocks in containers and virtual machines can lag behind.
    sequence(time(new Date(now - 3_600_000)), time(new Date(now + request.milliseconds))),
    name(request.subject),
    request.subjectKey.export({ type: "spki", format: "der" }),
    context(3, sequence(...request.extensions, ...keyIdentifiers(request)), true),
  );
  const certificate = sequence(body, algorithm, bits(sign("sha256", body, request.signingKey)));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** OpenSSL and Python (since 3.13) require both identifiers in strict verification. */
function keyIdentifiers(request: Request): Der[] {
  return [
    extension(id.subjectKey, false, octets(keyIdentifier(request.subjectKey))),
    extension(id.authorityKey, false, sequence(context(0, keyIdentifier(createPublicKey(request.signingKey)), false))),
  ];
}

const keyIdentifier = (key: KeyObject): Buffer =>
  createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();

const extension = (kind: string, critical: boolean, value: Der): Der =>
  sequence(oid(kind), ...(critical ? [truth] : []), octets(value));

const name = (commonName: string): Der => sequence(set(sequence(oid(id.commonName), utf8(commonName))));

/** RFC 5280 GeneralName: [7] iPAddress, [2] dNSName. */
const generalName = (host: string): Der =>
  isIPv4(host) ? context(7, address(host), false) : context(2, Buffer.from(host, "ascii"), false);

const address = (ipv4: string): Buffer => Buffer.from(ipv4.split(".").map(Number));

function loopbackOnly(): Der {
  const network = Buffer.concat([address("127.0.0.0"), address("255.0.0.0")]);
  const subtrees = [context(7, network, false), generalName("localhost")].map((base) => sequence(base));
  return sequence(context(0, Buffer.concat(subtrees), true));
}
