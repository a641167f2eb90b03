import * as grpc from "@grpc/grpc-js";
import { isObject, toStruct } from "./values.ts";

/** The gRPC codes of providers' errors: the resource to create already exists; the control plane does not answer. */
export const { ALREADY_EXISTS: alreadyExists, UNAVAILABLE: unavailable } = grpc.status;

/** A generated message. Its setters are named after its fields. */
type Message = object;
/** Unary methods by name. An error that one of them throws becomes the status that the caller gets. */
// biome-ignore lint/suspicious/noExplicitAny: every method has its own generated request type
export type Handlers = Record<string, (request: any) => Message | Promise<Message>>;

/**
 * Sets fields of a generated message: `fill(new CheckRequest(), { urn })` calls `setUrn`. Properties become a Struct.
 */
export function fill<T extends Message>(message: T, fields: Record<string, unknown>): T {
  const setters = message as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    const setter = setters[`set${name.charAt(0).toUpperCase()}${name.slice(1)}`];
    if (typeof setter !== "function") throw new Error(`${message.constructor.name} has no field '${name}'`);
    const plain = isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
    if (value !== undefined) setter.call(message, plain ? toStruct(value) : value);
  }
  return message;
}

export interface RpcServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string;
}

/**
 * Serves unary methods on loopback, on a port that the system picks. A method without a handler returns UNIMPLEMENTED.
 */
export async function serveRpc(services: readonly (readonly [unknown, Handlers])[]): Promise<RpcServer> {
  // Pulumi's messages have no size limit, and every peer is a process on this machine.
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
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
      const { code, message, metadata } = error as { code?: unknown; message?: string; metadata?: grpc.Metadata };
      const status = typeof code === "number" ? code : grpc.status.UNKNOWN;
      callback({ code: status, details: message ?? String(error), ...(metadata && { metadata }) });
    }
  };
}
