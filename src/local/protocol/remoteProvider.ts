import { randomBytes } from "node:crypto";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import type { Diff, Known, Provider } from "./provider.ts";
import { connect, fill } from "./rpc.ts";
import { kindNames } from "./serveProvider.ts";
import { annotateSecrets, fromStruct, type Properties, revealAll, toStruct } from "./wire.ts";

/** A provider at `host:port`. Secrets go out as it accepts them, and come back marked. */
export async function connectProvider(address: string): Promise<Provider & Disposable> {
  const { call, close } = connect(services.ResourceProviderClient, address);
  await call("handshake", fill(new proto.ProviderHandshakeRequest(), { engineAddress: address }));
  const settings = { args: toStruct({}), acceptsecrets: true, sendsOldInputs: true };
  const configured = await call<proto.ConfigureResponse>("configure", fill(new proto.ConfigureRequest(), settings));
  const acceptSecrets = configured.getAcceptsecrets();
  const out = (values: Properties) => toStruct(acceptSecrets ? values : revealAll(values));
  const back = (values: Properties, inputs: Properties) => (acceptSecrets ? values : annotateSecrets(values, inputs));
  const known = ({ urn, id, inputs, outputs }: Known) => ({ urn, id, oldInputs: out(inputs), olds: out(outputs) });

  return {
    acceptSecrets,
    check: async ({ urn, olds, news, seed = randomBytes(32) }) => {
      const fields = { urn, olds: out(olds), news: out(news), randomseed: seed };
      const answer = await call<proto.CheckResponse>("check", fill(new proto.CheckRequest(), fields));
      const failures = answer.getFailuresList().map((f) => ({ property: f.getProperty(), reason: f.getReason() }));
      return { inputs: back(fromStruct(answer.getInputs()), news), failures };
    },
    diff: async (request) => {
      const fields = { ...known(request), news: out(request.news) };
      return readDiff(await call<proto.DiffResponse>("diff", fill(new proto.DiffRequest(), fields)));
    },
    create: async ({ urn, inputs, preview, timeout }) => {
      const fields = { urn, properties: out(inputs), preview, timeout };
      const answer = await call<proto.CreateResponse>("create", fill(new proto.CreateRequest(), fields));
      return { id: answer.getId(), outputs: back(fromStruct(answer.getProperties()), inputs) };
    },
    read: async ({ urn, id, inputs, outputs }) => {
      const fields = { urn, id, inputs: out(inputs), properties: out(outputs) };
      const answer = await call<proto.ReadResponse>("read", fill(new proto.ReadRequest(), fields));
      if (answer.getId() === "") return undefined;
      const live = back(fromStruct(answer.getInputs()), inputs);
      return { id: answer.getId(), inputs: live, outputs: back(fromStruct(answer.getProperties()), live) };
    },
    update: async (request) => {
      const fields = { ...known(request), news: out(request.news), preview: request.preview, timeout: request.timeout };
      const answer = await call<proto.UpdateResponse>("update", fill(new proto.UpdateRequest(), fields));
      return back(fromStruct(answer.getProperties()), request.news);
    },
    delete: async ({ urn, id, inputs, outputs, timeout }) => {
      const fields = { urn, id, oldInputs: out(inputs), properties: out(outputs), timeout };
      await call("delete", fill(new proto.DeleteRequest(), fields));
    },
    invoke: async (token, args) => {
      const fields = { tok: token, args: toStruct(revealAll(args)) };
      const answer = await call<proto.InvokeResponse>("invoke", fill(new proto.InvokeRequest(), fields));
      return fromStruct(answer.getReturn());
    },
    cancel: () => {},
    [Symbol.dispose]: close,
  };
}

function readDiff(answer: proto.DiffResponse): Diff {
  const detailed: Record<string, { kind: (typeof kindNames)[number]; inputDiff: boolean }> = {};
  answer.getDetaileddiffMap().forEach((entry: proto.PropertyDiff, path: string) => {
    detailed[path] = { kind: kindNames[entry.getKind()] ?? "update", inputDiff: entry.getInputdiff() };
  });
  return {
    changes: answer.getChanges() !== proto.DiffResponse.DiffChanges.DIFF_NONE,
    detailed,
    replaces: answer.getReplacesList(),
    deleteBeforeReplace: answer.getDeletebeforereplace(),
  };
}
