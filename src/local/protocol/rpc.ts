import * as grpc from "@grpc/grpc-js";

/** Pulumi's messages are unbounded; every peer here is a process of this machine. */
export const channelOptions = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/** A generated message: its setters are named after its fields. */
type Message = object;
/** One unary method: request in, response out; a thrown error becomes the status that the caller sees. */
// biome-ignore lint/suspicious/noExplicitAny: every method has its own generated request type
export type Handlers = Record<string, (request: any) => Message | Promise<Message>>;

/** Fills a generated message by field names: `fill(new CheckRequest(), { urn })` calls `setUrn`. */
export function fill<T extends Message>(message: T, fields: Record<string, unknown>): T {
  const setters = message as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    const setter = setters[`set${name.charAt(0).toUpperCase()}${name.slice(1)}`];
    if (typeof setter !== "function") throw new Error(`${message.constructor.name} has no field '${name}'`);
    if (value !== undefined) setter.call(message, value);
  }
  return message;
}

export interface RpcServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string;
}

/** Serves unary methods on loopback, on a port that the system picks. Methods without a handler are UNIMPLEMENTED. */
export async function serveRpc(services: readonly (readonly [unknown, Handlers])[]): Promise<RpcServer> {
  const server = new grpc.Server(channelOptions);
  for (const [definition, handlers] of services) {
    const entries = Object.entries(handlers).map(([name, handler]) => [name, unary(handler)]);
    server.addService(definition as grpc.ServiceDefinition, Object.fromEntries(entries));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => server.forceShutdown() };
}

function unary(handler: Handlers[string]): grpc.handleUnaryCall<Message, Message> {
  return async (call, callback) => {
    try {
      callback(null, await handler(call.request));
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: string };
      const status = typeof code === "number" ? code : grpc.status.UNKNOWN;
      callback({ code: status, details: message ?? String(error) });
    }
  };
}

export type Call = <T>(method: string, request: Message) => Promise<T>;

/** A client of a generated service at `host:port`. */
export function connect(Client: unknown, address: string): { call: Call; close(): void } {
  const Constructor = Client as new (a: string, c: grpc.ChannelCredentials, o: object) => grpc.Client;
  const client = new Constructor(address, grpc.credentials.createInsecure(), channelOptions);
  const methods = client as unknown as Record<string, (request: Message, done: grpc.requestCallback<unknown>) => void>;
  const call: Call = <T>(method: string, request: Message) =>
    new Promise<T>((resolve, reject) => {
      methods[method]?.call(client, request, (error, response) =>
        error ? reject(rpcError(error)) : resolve(response as T),
      );
    });
  return { call, close: () => client.close() };
}

/** What the other side said, without gRPC's own prefix. */
function rpcError(error: grpc.ServiceError): Error & { code: number } {
  return Object.assign(new Error(error.details || error.message), { code: error.code });
}
