import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject, isSecret, mapProperties, secretSignature, signature, type Value } from "../protocol/wire.ts";
import type { Resource } from "./decide.ts";

/** A step that had begun when the engine last saved: after a crash it is unknown whether it took place. */
export interface PendingOperation {
  readonly resource: Resource;
  readonly type: "creating" | "updating" | "deleting";
}

export interface State {
  readonly resources: readonly Resource[];
  readonly pending: readonly PendingOperation[];
}

/** Holds a stack's state in one file; the lock keeps a second run of the same stack out. */
export interface StateFile extends Disposable {
  load(): State;
  /** Replaces the file as a whole, so that a crash leaves either the old state or the new one. */
  save(state: State): void;
}

/**
 * Opens a stack's checkpoint in a folder that only the user can read. Secrets in it are encrypted with AES-256-GCM; the
 * key lies in `key` beside the stacks. Throws when another process has the stack open.
 */
export function openState(directory: string, project: string, stack: string): StateFile {
  const file = join(directory, project, `${stack}.json`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const lock = takeLock(`${file}.lock`, `${project}/${stack}`);
  const key = stateKey(join(directory, "key"));
  return {
    load: () =>
      existsSync(file) ? fromCheckpoint(JSON.parse(readFileSync(file, "utf8")), key) : { resources: [], pending: [] },
    save: (state) => {
      writeFileSync(`${file}.new`, JSON.stringify(toCheckpoint(state, key), null, 2), { mode: 0o600 });
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

function stateKey(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString("base64"), { mode: 0o600, flag: "wx" });
  return Buffer.from(readFileSync(path, "utf8"), "base64");
}

function encrypt(value: Value, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
}

function decrypt(ciphertext: string, key: Buffer): Value {
  const bytes = Buffer.from(ciphertext, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString());
}

interface Checkpoint {
  readonly deployment: { readonly resources: Resource[]; readonly pending_operations: PendingOperation[] };
}

function toCheckpoint({ resources, pending }: State, key: Buffer): object {
  const seal = (value: Value): Value | undefined =>
    isSecret(value) ? { [signature]: secretSignature, ciphertext: encrypt(value.value, key) } : undefined;
  const known = new Set(resources.map(({ urn }) => urn));
  const write = ({ id, ...resource }: Resource): object => ({
    ...resource,
    ...(id !== "" && { id }),
    inputs: mapProperties(resource.inputs, seal),
    outputs: mapProperties(resource.outputs, seal),
    // What is gone, as after a refresh, may not be pointed at.
    dependencies: resource.dependencies.filter((urn) => known.has(urn)),
  });
  const manifest = { time: new Date().toISOString(), magic: "", version: "" };
  const pending_operations = pending.map(({ resource, type }) => ({ resource: write(resource), type }));
  return { version: 3, deployment: { manifest, resources: resources.map(write), pending_operations } };
}

function fromCheckpoint({ deployment }: Checkpoint, key: Buffer): State {
  const open = (value: Value): Value | undefined =>
    isObject(value) && value[signature] === secretSignature && typeof value.ciphertext === "string"
      ? { [signature]: secretSignature, value: decrypt(value.ciphertext, key) }
      : undefined;
  const read = (resource: Resource): Resource => ({
    ...resource,
    id: resource.id ?? "",
    inputs: mapProperties(resource.inputs, open),
    outputs: mapProperties(resource.outputs, open),
  });
  return {
    resources: deployment.resources.map(read),
    pending: deployment.pending_operations.map(({ resource, type }) => ({ resource: read(resource), type })),
  };
}
