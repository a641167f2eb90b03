import * as grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { type Diff, PartialFailure, type Provider, topOf } from "./provider.ts";
import { fill, type Handlers, type RpcServer, serveRpc } from "./rpc.ts";
import { fromStruct } from "./values.ts";

/**
 * Serves a provider to Pulumi's engine (PULUMI_DEBUG_PROVIDERS), over Pulumi's provider protocol. Pulumi's engine
 * cancels a provider at the end of each run, but some commands, such as `pulumi import`, consist of two runs. So the
 * provider starts again after a cancel.
 */
export function serveProvider(start: () => Provider, version: string): Promise<RpcServer> {
  let provider = start();
  const cancel = (): object => {
    provider.cancel();
    provider = start();
    return new empty.Empty();
  };
  const handlers = { ...lifecycle(version), ...resources(() => provider), cancel };
  return serveRpc([[services.ResourceProviderService, handlers]]);
}

function lifecycle(version: string): Handlers {
  return {
    handshake: () => fill(new proto.ProviderHandshakeResponse(), { acceptSecrets: true }),
    attach: () => new empty.Empty(),
    getPluginInfo: () => fill(new plugin.PluginInfo(), { version }),
    getSchema: () => fill(new proto.GetSchemaResponse(), { schema: "{}" }),
    checkConfig: (q: proto.CheckRequest) => fill(new proto.CheckResponse(), { inputs: q.getNews() }),
    diffConfig: () => fill(new proto.DiffResponse(), { changes: proto.DiffResponse.DiffChanges.DIFF_NONE }),
    configure: () => fill(new proto.ConfigureResponse(), { acceptsecrets: true, supportspreview: true }),
  };
}

type Update = "getUrn" | "getId" | "getOldInputs" | "getOlds" | "getNews" | "getPreview" | "getTimeout";
type Request = Pick<proto.UpdateRequest, Update> & Pick<proto.ReadRequest, "getInputs" | "getProperties">;

/** Converts a request to the fields of {@link Provider}. Each request has some of them, partly under other names. */
const known = (q: Partial<Request>) => ({
  urn: q.getUrn?.() ?? "",
  id: q.getId?.() ?? "",
  inputs: fromStruct((q.getOldInputs ?? q.getInputs)?.call(q as Request)),
  outputs: fromStruct((q.getOlds ?? q.getProperties)?.call(q as Request)),
  news: fromStruct(q.getNews?.()),
  preview: q.getPreview?.() ?? false,
  timeout: q.getTimeout?.() ?? 0,
});

type Work = (request: ReturnType<typeof known>) => Promise<Record<string, unknown> | undefined>;

/** Builds an RPC method from work that takes a converted request and returns the fields of the response. */
const answer = (Response: new () => object, work: Work) => async (q: Partial<Request>) =>
  fill(new Response(), (await work(known(q)).catch(withDetails)) ?? {});

/** Throws a partial failure as Pulumi's engine expects it: @pulumi/pulumi provider/server.js, grpcResponseFromError. */
function withDetails(error: unknown): never {
  if (!(error instanceof PartialFailure)) throw error;
  const { reason, state } = error;
  const { id, inputs, outputs: properties } = state;
  const detail = fill(new proto.ErrorResourceInitFailed(), { id, inputs, properties, reasonsList: [reason] });
  const details = new any.Any();
  details.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const code = grpc.status.UNKNOWN;
  const status = fill(new statuses.Status(), { code, message: reason, detailsList: [details] });
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  throw Object.assign(new Error(reason), { code, metadata });
}

function resources(provider: () => Provider): Handlers {
  return {
    check: answer(proto.CheckResponse, async (request) => {
      const { inputs, failures } = await provider().check(request);
      return { inputs, failuresList: failures.map((failure) => fill(new proto.CheckFailure(), { ...failure })) };
    }),
    diff: async (q: proto.DiffRequest) => diffResponse(await provider().diff(known(q))),
    create: answer(proto.CreateResponse, async ({ outputs: inputs, ...request }) => {
      const { id, outputs } = await provider().create({ ...request, inputs });
      return { id, properties: outputs };
    }),
    read: answer(proto.ReadResponse, async (request) => {
      const found = await provider().read(request);
      return found && { id: found.id, inputs: found.inputs, properties: found.outputs };
    }),
    update: answer(proto.UpdateResponse, async (request) => ({ properties: await provider().update(request) })),
    delete: answer(empty.Empty, async (request) => void (await provider().delete(request))),
    invoke: async (q: proto.InvokeRequest) =>
      fill(new proto.InvokeResponse(), { return: await provider().invoke(q.getTok(), fromStruct(q.getArgs())) }),
  };
}

function diffResponse({ changes, deleteBeforeReplace }: Diff): proto.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  const paths = Object.keys(changes);
  const tops = (of: readonly string[]): string[] => [...new Set(of.map(topOf))];
  const response = fill(new proto.DiffResponse(), {
    changes: paths.length > 0 ? DIFF_SOME : DIFF_NONE,
    replacesList: tops(paths.filter((path) => changes[path]?.endsWith("-replace"))),
    diffsList: tops(paths),
    deletebeforereplace: deleteBeforeReplace,
    hasdetaileddiff: true,
  });
  for (const [path, change] of Object.entries(changes)) {
    // The protocol calls `add-replace` ADD_REPLACE.
    const name = change.toUpperCase().replace("-", "_") as keyof typeof proto.PropertyDiff.Kind;
    const entry = fill(new proto.PropertyDiff(), { kind: proto.PropertyDiff.Kind[name], inputdiff: true });
    response.getDetaileddiffMap().set(path, entry);
  }
  return response;
}
