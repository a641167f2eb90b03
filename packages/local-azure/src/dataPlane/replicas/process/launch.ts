import { join, normalize } from "node:path";
import type { RevisionSpec } from "../../contract/dataPlane.ts";
import { fillPlaceholders } from "./commandLine.ts";

/** How a replica's process is started. */
export type Launch =
  /** This project's MCP server, which picks its ports and reports them. */
  | {
      readonly kind: "default";
      /** The gateway's configuration file on this machine, if the container's arguments name a mounted one. */
      readonly file: string | undefined;
    }
  /** A command that gets its ports as arguments and listens on loopback. */
  | {
      readonly kind: "command";
      words(ports: { readonly port: number; readonly healthPort: number }): string[];
      readonly usesHealthPort: boolean;
    }
  /** A command that uses fixed ports, in a separate network namespace. */
  | {
      readonly kind: "namespace";
      readonly words: readonly string[];
      readonly dataPort: number;
      readonly healthPort: number | undefined;
      /** Ports on this machine's loopback that the configuration names. The namespace gets relays to them. */
      readonly hostPorts: readonly number[];
    };

/**
 * Plans how to start a replica. A command with `{port}` gets a free port. A command without it, such as `agentgateway`,
 * uses the app's ports, so each replica needs a separate network namespace. `{args}` stands for the container's
 * arguments; a command that is only a program gets them too.
 * @param directory the replica's directory, which stands for `/` of the container
 */
export function planLaunch(command: readonly string[] | undefined, spec: RevisionSpec, directory: string): Launch {
  const container = spec.containers[0];
  const files = Object.keys(container?.files ?? {});
  if (command === undefined) {
    const named = container?.args?.find((word, at, words) => words[at - 1] === "-f" && files.includes(word));
    return { kind: "default", file: named === undefined ? undefined : localPath(directory, named) };
  }
  const args = (container?.args ?? []).map((word) => (files.includes(word) ? localPath(directory, word) : word));
  const written = command.length === 1 ? [...command, "{args}"] : command;
  const expanded = written.flatMap((word) => (word === "{args}" ? args : [word]));
  const fill = (values: Record<string, string>): string[] =>
    expanded.map((word) => fillPlaceholders(word, { ...values, files: directory }));
  if (expanded.some((word) => word.includes("{port}"))) {
    return {
      kind: "command",
      usesHealthPort: expanded.some((word) => word.includes("{healthPort}")),
      words: ({ port, healthPort }) => fill({ port: String(port), healthPort: String(healthPort) }),
    };
  }
  const probed = (container?.probes ?? []).map(({ httpGet, tcpSocket }) => (httpGet ?? tcpSocket)?.port);
  const texts = [...Object.values(container?.files ?? {}), ...expanded];
  return {
    kind: "namespace",
    words: fill({}),
    dataPort: spec.targetPort,
    healthPort: probed.find((port) => port !== undefined && port !== spec.targetPort),
    hostPorts: hostPorts(texts).filter((port) => port !== spec.targetPort),
  };
}

/**
 * Returns the path of a container's file on this machine. Anchoring it at `/` first stops `..` from leaving the
 * directory.
 */
export function localPath(directory: string, path: string): string {
  return join(directory, normalize(join("/", path)));
}

function hostPorts(texts: readonly string[]): number[] {
  const found = texts.flatMap((text) => [...text.matchAll(/\b(?:127\.0\.0\.1|localhost):(\d{2,5})\b/g)]);
  return [...new Set(found.map(([, port]) => Number(port)))].filter((port) => port < 65536);
}
