import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

/**
 * Sends bytes on a new connection and resolves to the response (latin1), once the other side closes the connection or
 * the response satisfies `until`. Rejects after 50 s without data.
 */
export function rawHttp(
  url: string,
  bytes: string,
  until: (text: string) => boolean = () => false,
  ca?: string,
): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const target = { host: hostname, port: Number(port) };
    const socket = protocol === "https:" ? connectTls({ ...target, ca }) : connectTcp(target);
    let text = "";
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(50_000, () =>
      socket.destroy(new Error(`timed out before the end of the response; so far: ${text}`)),
    );
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (until(text)) done();
    });
    socket.once("error", (error) => (text === "" ? reject(error) : done()));
    socket.once("close", done);
    socket.write(bytes, "latin1");
  });
}
