import { execFileSync } from "node:child_process";
import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject, isSecret, mapValue, secret, secretSignature, signature, type Value } from "../protocol/values.ts";
import type { Resource } from "./decide.ts";

/** Holds a stack's state in one file; the lock keeps a second run of the same stack out. */
export interface StateFile extends Disposable {
  load(): Resource[];
  /** Replaces the file as a whole, so that a crash leaves either the old state or the new one. */
  save(resources: readonly Resource[]): void;
}

/**
 * Opens a stack's checkpoint in a folder that only the user can read. Secrets in it are encrypted as Pulumi's passphrase
 * provider does; the passphrase lies in `passphrase` beside the stacks. Throws when another process has the stack open,
 * and names the file where one cannot be read or written.
 */
export function openState(directory: string, project: string, stack: string): StateFile {
  const file = join(directory, project, `${stack}.json`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const secrets = secretsIn(directory);
  const lock = takeLock(`${file}.lock`, `${project}/${stack}`);
  const unreadable = `this state cannot be read; ${recover}`;
  return {
    load: () =>
      existsSync(file)
        ? naming(file, unreadable, () => fromCheckpoint(JSON.parse(readFileSync(file, "utf8")), secrets))
        : [],
    save: (resources) =>
      naming(file, "the state cannot be written", () => {
        writeFileSync(`${file}.new`, JSON.stringify(toCheckpoint(resources, secrets), null, 2), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      }),
    [Symbol.dispose]: () => rmSync(lock, { force: true }),
  };
}

const recover =
  "put a copy back, or remove it and start the local Azure anew, where what the stack has made would stay behind";

/** Does something with a file; an error then says with which, and what is the matter. */
function naming<T>(file: string, problem: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${file}: ${problem} (${(error as Error).message})`);
  }
}

/** Writes a file that is not there yet, at once and whole; false, and nothing written, where another was first. */
function place(file: string, text: string): boolean {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, text, { mode: 0o600 });
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function takeLock(path: string, name: string): string {
  if (place(path, `${process.pid}`)) return path;
  const pid = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  if (!holds(pid, path)) {
    rmSync(path, { force: true });
    if (place(path, `${process.pid}`)) return path;
  }
  throw new Error(
    `the stack ${name} is being updated by process ${pid}; wait for it, or end it. Should that be another program, remove ${path}`,
  );
}

/** Whether the process that took the lock still runs; one that began after the lock only got the same number. */
function holds(pid: number, lock: string): boolean {
  try {
    if (!(pid > 0 && process.kill(pid, 0))) return false;
  } catch {
    return false;
  }
  try {
    const env = { ...process.env, LC_ALL: "C" };
    const began = Date.parse(execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`], { encoding: "utf8", env }));
    // ps counts whole seconds, from a start of the machine that it reckons anew each time.
    return !(began > statSync(lock).mtimeMs + 2000);
  } catch {
    return true;
  }
}

/** Pulumi's passphrase provider: AES-256-GCM under a key derived from the passphrase (pulumi sdk/go/common/resource/config/crypt.go). */
function secretsIn(directory: string) {
  const kept = (name: string, make: () => string): string => {
    const file = join(directory, name);
    if (!existsSync(file)) place(file, make());
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
  if (key?.length !== 32) throw new Error(`${join(directory, "key")}: there is no key in it; ${recover}`);
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
    readonly pending_operations?: { readonly resource: Resource; readonly type: string }[];
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
  if (!Array.isArray(deployment?.resources)) throw new Error("it holds no deployment");
  const created = (deployment.pending_operations ?? []).filter(({ type }) => type === "creating");
  return [...deployment.resources, ...created.map(({ resource }) => resource)].map((resource) => ({
    ...resource,
    id: resource.id ?? "",
    inputs: mapValue(resource.inputs, open),
    outputs: mapValue(resource.outputs, open),
  }));
}
