// A replica that returns what it receives. Run as: node echoReplica.mjs PORT
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const streams = new Set();
let flooded = 0;

const routes = {
  "/headers": (request, response) =>
    json(response, { raw: request.rawHeaders, url: request.url, method: request.method }),
  "/body": async (request, response) => {
    const hash = createHash("sha256");
    let length = 0;
    for await (const chunk of request) {
      hash.update(chunk);
      length += chunk.length;
    }
    json(response, { length, sha256: hash.digest("hex"), raw: request.rawHeaders });
  },
  "/events": (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    streams.add(response);
    response.on("close", () => streams.delete(response));
  },
  "/push": (_, response) => {
    for (const stream of streams) stream.write("data: pushed\n\n");
    json(response, { streams: streams.size });
  },
  "/flood": (_, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    const block = Buffer.alloc(64 * 1024);
    const more = () => {
      while (flooded < 256 * 1024 * 1024 && response.write(block)) flooded += block.length;
    };
    response.on("drain", more);
    more();
  },
  "/flooded": (_, response) => json(response, { flooded }),
  "/hang": () => {},
  "/cut": (_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half");
    setTimeout(() => response.destroy(), 20);
  },
  "/hop": (_, response) => {
    response.writeHead(200, {
      connection: "keep-alive, x-private",
      "x-private": "1",
      "x-public": "1",
      "set-cookie": ["a=1", "b=2"],
    });
    response.end("ok");
  },
};

const json = (response, value) => {
  const text = JSON.stringify(value);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
};

createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
  const route = routes[request.url.split("?")[0]];
  if (route === undefined) response.writeHead(404).end();
  // An incomplete body must not end this process.
  else Promise.resolve(route(request, response)).catch(() => response.destroy());
})
  .on("upgrade", (request, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: ${request.headers.upgrade}\r\nconnection: upgrade\r\n\r\n`,
    );
    socket.write(head);
    socket.on("error", () => {});
    socket.pipe(socket);
  })
  .listen(Number(process.argv[2]), "127.0.0.1");
