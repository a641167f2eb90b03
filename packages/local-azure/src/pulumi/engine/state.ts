import { execFileSync } from "node:child_process";
import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject, isSecret, mapValue, secret, secretSignature, signature, type Value } from "../protocol/values.ts";
import type { Resource } from "./decide.ts";

/** A stack's state in one file. A lock prevents a second run of the same stack. */
export interface StateFile extends Disposable {
  load(): Resource[];
  /** Replaces the file atomically: after a crash it contains either the old state or the new one. */
  save(resources: readonly Resource[]): void;
}

/**
 * Opens a stack's checkpoint, in a folder that only the user can read. Secrets are encrypted as in Pulumi's passphrase
 * provider, with the passphrase in the file `passphrase` of the same folder.
 *
 * @throws if another process has the stack open, or if a file can't be read or written; the message names the file
 */
export function openState(directory: string, project: string, stack: string): StateFile {
  const file = join(directory, project, `${stack}.json`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const secrets = secretsIn(directory);
  const lock = takeLock(`${file}.lock`, `${project}/${stack}`);
  const restore = `Restore it and ${join(directory, "key")} from a backup, or delete it and restart the local Azure, which removes what the stack created`;
  return {
    load: () =>
      existsSync(file)
        ? naming(`cannot read the state ${file}`, restore, () =>
            fromCheckpoint(JSON.parse(readFileSync(file, "utf8")), secrets),
          )
        : [],
    save: (resources) =>
      naming(`cannot write the state ${file}`, "Check the free space and the permissions of its folder", () => {
        writeFileSync(`${file}.new`, JSON.stringify(toCheckpoint(resources, secrets), null, 2), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      }),
    [Symbol.dispose]: () => rmSync(lock, { force: true }),
  };
}

/** Runs the work. Prefixes an error's message with the problem, and appends what to do. */
function naming<T>(problem: string, fix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${problem}: ${(error as Error).message}. ${fix}`);
  }
}

/** Creates a file atomically. Returns false, and writes nothing, if the file already exists. */
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
  const owner = (): number => (existsSync(path) ? Number(readFileSync(path, "utf8")) : 0);
  if (!holds(owner(), path)) {
    rmSync(path, { force: true });
    if (place(path, `${process.pid}`)) return path;
  }
  const pid = owner();
  throw new Error(
    `the stack ${name} is in use by process ${pid}. Wait for that process, or end it. If process ${pid} is another program, delete ${path}`,
  );
}

/** Returns whether the process that took the lock still runs. A process that started later only reuses its id. */
function holds(pid: number, lock: string): boolean {
  try {
    if (!(pid > 0 && process.kill(pid, 0))) return false;
  } catch {
    return false;
  }
  try {
    const env = { ...process.env, LC_ALL: "C" };
    const began = Date.parse(execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`], { encoding: "utf8", env }));
    // ps counts in whole seconds, from a boot time that it estimates again on each call.
    return !(began > statSync(lock).mtimeMs + 2000);
  } catch {
    return true;
  }
}

/**
 * Encrypts as Pulumi's passphrase provider: AES-256-GCM, key from the passphrase (pulumi
 * sdk/go/common/resource/config/crypt.go).
 */
function secretsIn(directory: string) {
  const kept = (name: string, make: () => string): string => {
    const file = join(directory, name);
    if (!existsSync(file)) place(file, make());
    return readFileSync(file, "utf8");
  };
  const passphrase = kept("passphrase", () => randomBytes(32).toString("base64url"));
  // Deriving the key is slow on purpose (0.1 s), so it is stored.
  const [salt, key] = kept("key", () => {
    const fresh = randomBytes(8);
    return [fresh, pbkdf2Sync(passphrase, fresh, 1_000_000, 32, "sha256")]
      .map((part) => part.toString("base64"))
      .join(":");
  })
    .split(":")
    .map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer];
  if (key?.length !== 32) {
    throw new Error(
      `${join(directory, "key")} contains no valid key. Restore it from a backup, or delete ${directory} and restart the local Azure, which removes what the stacks created`,
    );
  }
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
  // Besides the passphrase, Pulumi needs the salt and a known text to check the passphrase with.
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
    // A refresh may have removed the resource that this one depends on.
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
  if (!Array.isArray(deployment?.resources)) throw new Error("it contains no deployment");
  const created = (deployment.pending_operations ?? []).filter(({ type }) => type === "creating");
  return [...deployment.resources, ...created.map(({ resource }) => resource)].map((resource) => ({
    ...resource,
    id: resource.id ?? "",
    inputs: mapValue(resource.inputs, open),
    outputs: mapValue(resource.outputs, open),
  }));
}
