import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject, isSecret, mapValue, secret, secretSignature, signature, type Value } from "../protocol/wire.ts";
import type { Resource } from "./decide.ts";

/** Holds a stack's state in one file; the lock keeps a second run of the same stack out. */
export interface StateFile extends Disposable {
  load(): Resource[];
  /** Replaces the file as a whole, so that a crash leaves either the old state or the new one. */
  save(resources: readonly Resource[]): void;
}

/**
 * Opens a stack's checkpoint in a folder that only the user can read. Secrets in it are encrypted as Pulumi's passphrase
 * provider does; the passphrase lies in `passphrase` beside the stacks. Throws when another process has the stack open.
 */
export function openState(directory: string, project: string, stack: string): StateFile {
  const file = join(directory, project, `${stack}.json`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const lock = takeLock(`${file}.lock`, `${project}/${stack}`);
  const secrets = secretsIn(directory);
  return {
    load: () => (existsSync(file) ? fromCheckpoint(JSON.parse(readFileSync(file, "utf8")), secrets) : []),
    save: (resources) => {
      writeFileSync(`${file}.new`, JSON.stringify(toCheckpoint(resources, secrets), null, 2), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    [Symbol.dispose]: () => rmSync(lock, { force: true }),
  };
}

function takeLock(path: string, name: string): string {
  // Linked into place, so that nobody ever sees a lock without its owner.
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid}`, { mode: 0o600 });
  try {
    const pid = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
    if (alive(pid)) throw new Error(`the stack ${name} is being updated by process ${pid}; wait for it, or end it`);
    rmSync(path, { force: true });
    linkSync(own, path);
    return path;
  } finally {
    rmSync(own);
  }
}

function alive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Pulumi's passphrase provider: AES-256-GCM under a key derived from the passphrase (pulumi sdk/go/common/resource/config/crypt.go). */
function secretsIn(directory: string) {
  const kept = (name: string, make: () => string): string => {
    const file = join(directory, name);
    if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600, flag: "wx" });
    return readFileSync(file, "utf8");
  };
  const passphrase = kept("passphrase", () => randomBytes(32).toString("base64url"));
  // Deriving takes a tenth of a second, and is meant to; it is done once.
  const [salt, key] = kept("key", () => {
    const fresh = randomBytes(8);
    return [fresh, pbkdf2Sync(passphrase, fresh, 1_000_000, 32, "sha256")]
      .map((part) => part.toString("base64"))
      .join(":");
  })
    .split(":")
    .map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer];
  const encrypt = (text: string): string => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
  };
  const decrypt = (ciphertext: string): string => {
    const [, nonce = "", sealed = ""] = ciphertext.split(":");
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString();
  };
  // What Pulumi needs besides the passphrase: the salt, and a known text to try the passphrase on.
  return { salt: `v1:${salt.toString("base64")}:${encrypt("pulumi")}`, encrypt, decrypt };
}

type Secrets = ReturnType<typeof secretsIn>;

interface Checkpoint {
  readonly deployment: {
    readonly resources: Resource[];
    readonly pending_operations: { readonly resource: Resource; readonly type: string }[];
  };
}

function toCheckpoint(resources: readonly Resource[], { salt, encrypt }: Secrets): object {
  const seal = (value: Value): Value | undefined =>
    isSecret(value) ? { [signature]: secretSignature, ciphertext: encrypt(JSON.stringify(value.value)) } : undefined;
  const known = new Set(resources.map(({ urn }) => urn));
  const written = resources.map(({ id, ...resource }) => ({
    ...resource,
    ...(id !== "" && { id }),
    inputs: mapValue(resource.inputs, seal),
    outputs: mapValue(resource.outputs, seal),
    // What is gone, as after a refresh, may not be pointed at.
    dependencies: resource.dependencies.filter((urn) => known.has(urn)),
  }));
  const deployment = {
    manifest: { time: new Date().toISOString(), magic: "", version: "" },
    secrets_providers: { type: "passphrase", state: { salt } },
    resources: written.filter(({ pending }) => pending !== "creating"),
    pending_operations: written.flatMap((resource) => (resource.pending ? [{ resource, type: resource.pending }] : [])),
  };
  return { version: 3, deployment };
}

function fromCheckpoint({ deployment }: Checkpoint, { decrypt }: Secrets): Resource[] {
  const open = (value: Value): Value | undefined =>
    isObject(value) && value[signature] === secretSignature && typeof value.ciphertext === "string"
      ? secret(JSON.parse(decrypt(value.ciphertext)))
      : undefined;
  const created = deployment.pending_operations.filter(({ type }) => type === "creating");
  return [...deployment.resources, ...created.map(({ resource }) => resource)].map((resource) => ({
    ...resource,
    id: resource.id ?? "",
    inputs: mapValue(resource.inputs, open),
    outputs: mapValue(resource.outputs, open),
  }));
}
