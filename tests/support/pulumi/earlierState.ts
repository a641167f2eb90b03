import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { arm, settled, type TestAzure } from "../azure/localAzure.ts";

interface Write {
  readonly path: string;
  readonly apiVersion: string;
  readonly body: Record<string, unknown>;
}

/** The state that a release wrote; see `states/README.md`. */
export interface EarlierState {
  readonly config: Readonly<Record<string, string>>;
  /** Keys of `config` that are secrets. */
  readonly secrets: readonly string[];
  readonly passphrase: string;
  /** The exported state of Pulumi's engine. */
  readonly pulumiState: string;
  /** Creates the resources on a local Azure with the writes of the release's program. */
  deploy(azure: TestAzure): Promise<void>;
  /** Copies the built-in engine's state to where the engine expects it. */
  layEmbedded(stateDirectory: string): Promise<void>;
}

export async function earlierState(release: string): Promise<EarlierState> {
  const folder = join(import.meta.dirname, "states", release);
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));
  const writes: Write[] = await read("writes.json");
  return {
    ...(await read("settings.json")),
    pulumiState: join(folder, "pulumi.json"),
    async deploy(azure) {
      for (const { path, apiVersion, body } of writes) {
        const answer = await arm(azure, "PUT", path, { body, apiVersion });
        if (answer.status >= 300) throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        if (answer.headers["azure-asyncoperation"] !== undefined) await settled(azure, answer);
      }
    },
    async layEmbedded(stateDirectory) {
      await mkdir(join(stateDirectory, "agentgateway"), { recursive: true });
      await cp(join(folder, "embedded", "prod.json"), join(stateDirectory, "agentgateway", "prod.json"));
      for (const file of ["key", "passphrase"]) await cp(join(folder, "embedded", file), join(stateDirectory, file));
    },
  };
}
