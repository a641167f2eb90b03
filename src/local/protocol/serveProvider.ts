import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Diff, Provider } from "./provider.ts";
import { fill, type Handlers, type RpcServer, serveRpc } from "./rpc.ts";
import { fromStruct, toStruct } from "./wire.ts";

/** Serves a provider over Pulumi's provider protocol, for the local engine and (by PULUMI_DEBUG_PROVIDERS) for Pulumi's own. */
export function serveProvider(provider: Provider, version: string): Promise<RpcServer> {
  return serveRpc([[services.ResourceProviderService, { ...lifecycle(provider, version), ...resources(provider) }]]);
}

function lifecycle(provider: Provider, version: string): Handlers {
  const { acceptSecrets } = provider;
  return {
    handshake: () => fill(new proto.ProviderHandshakeResponse(), { acceptSecrets }),
    attach: () => new empty.Empty(),
    getPluginInfo: () => fill(new plugin.PluginInfo(), { version }),
    getSchema: () => fill(new proto.GetSchemaResponse(), { schema: "{}" }),
    checkConfig: (q: proto.CheckRequest) => fill(new proto.CheckResponse(), { inputs: q.getNews() }),
    diffConfig: () => fill(new proto.DiffResponse(), { changes: proto.DiffResponse.DiffChanges.DIFF_NONE }),
    configure: () => fill(new proto.ConfigureResponse(), { acceptsecrets: acceptSecrets, supportspreview: true }),
    cancel: () => {
      provider.cancel();
      return new empty.Empty();
    },
  };
}

/** The fields that update, diff, delete and read requests share under their several names. */
const known = (q: proto.DiffRequest | proto.UpdateRequest) => ({
  urn: q.getUrn(),
  id: q.getId(),
  inputs: fromStruct(q.getOldInputs()),
  outputs: fromStruct(q.getOlds()),
  news: fromStruct(q.getNews()),
});

function resources(provider: Provider): Handlers {
  return {
    check: async (q: proto.CheckRequest) => {
      const [olds, news] = [fromStruct(q.getOlds()), fromStruct(q.getNews())];
      const result = await provider.check({ urn: q.getUrn(), olds, news, seed: q.getRandomseed_asU8() });
      const failuresList = result.failures.map((failure) => fill(new proto.CheckFailure(), { ...failure }));
      return fill(new proto.CheckResponse(), { inputs: toStruct(result.inputs), failuresList });
    },
    diff: async (q: proto.DiffRequest) => diffResponse(await provider.diff(known(q))),
    create: async (q: proto.CreateRequest) => {
      const inputs = fromStruct(q.getProperties());
      const [preview, timeout] = [q.getPreview(), q.getTimeout()];
      const { id, outputs } = await provider.create({ urn: q.getUrn(), inputs, preview, timeout });
      return fill(new proto.CreateResponse(), { id, properties: toStruct(outputs) });
    },
    read: async (q: proto.ReadRequest) => {
      const [inputs, outputs] = [fromStruct(q.getInputs()), fromStruct(q.getProperties())];
      const found = await provider.read({ urn: q.getUrn(), id: q.getId(), inputs, outputs });
      if (found === undefined) return new proto.ReadResponse();
      const fields = { id: found.id, properties: toStruct(found.outputs), inputs: toStruct(found.inputs) };
      return fill(new proto.ReadResponse(), fields);
    },
    update: async (q: proto.UpdateRequest) => {
      const outputs = await provider.update({ ...known(q), preview: q.getPreview(), timeout: q.getTimeout() });
      return fill(new proto.UpdateResponse(), { properties: toStruct(outputs) });
    },
    delete: async (q: proto.DeleteRequest) => {
      const [inputs, outputs] = [fromStruct(q.getOldInputs()), fromStruct(q.getProperties())];
      await provider.delete({ urn: q.getUrn(), id: q.getId(), inputs, outputs, timeout: q.getTimeout() });
      return new empty.Empty();
    },
    invoke: async (q: proto.InvokeRequest) => {
      const result = await provider.invoke(q.getTok(), fromStruct(q.getArgs()));
      return fill(new proto.InvokeResponse(), { return: toStruct(result) });
    },
  };
}

const kinds = {
  add: proto.PropertyDiff.Kind.ADD,
  "add-replace": proto.PropertyDiff.Kind.ADD_REPLACE,
  delete: proto.PropertyDiff.Kind.DELETE,
  "delete-replace": proto.PropertyDiff.Kind.DELETE_REPLACE,
  update: proto.PropertyDiff.Kind.UPDATE,
  "update-replace": proto.PropertyDiff.Kind.UPDATE_REPLACE,
} as const;

/** The names of the protocol's kinds of difference, by their numbers. */
export const kindNames = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [kind, name])) as Record<
  number,
  keyof typeof kinds
>;

function diffResponse(diff: Diff): proto.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  const response = fill(new proto.DiffResponse(), {
    changes: diff.changes ? DIFF_SOME : DIFF_NONE,
    replacesList: [...diff.replaces],
    diffsList: [...new Set(Object.keys(diff.detailed).map((path) => path.split(/[.[]/)[0]))],
    deletebeforereplace: diff.deleteBeforeReplace,
    hasdetaileddiff: true,
  });
  for (const [path, { kind, inputDiff }] of Object.entries(diff.detailed)) {
    response
      .getDetaileddiffMap()
      .set(path, fill(new proto.PropertyDiff(), { kind: kinds[kind], inputdiff: inputDiff }));
  }
  return response;
}
