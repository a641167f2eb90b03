import { credentials } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callbacks from "@pulumi/pulumi/proto/callback_pb.js";
import proto from "@pulumi/pulumi/proto/resource_pb.js";
import type { BeforeHook, ErrorHook } from "../engine/hooks.ts";
import { fill } from "../protocol/rpc.ts";

/** Calls a function that the program registered, through the program's Callbacks service. */
async function call(callback: callbacks.Callback | undefined, message: { serializeBinary(): Uint8Array }) {
  const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
  const client = new services.CallbacksClient(callback?.getTarget() ?? "", credentials.createInsecure(), unlimited);
  const fields = { token: callback?.getToken(), request: message.serializeBinary() };
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      client.invoke(fill(new callbacks.CallbackInvokeRequest(), fields), (error, response) =>
        error ? reject(error) : resolve(response.getResponse_asU8()),
      );
    });
  } finally {
    client.close();
  }
}

/** Returns a hook, registered by the program, that runs before a create or update. */
export const beforeHook = (q: proto.RegisterResourceHookRequest): BeforeHook => ({
  onDryRun: q.getOnDryRun(),
  ignoreErrors: q.getIgnoreErrors(),
  run: async (step) => {
    const answer = await call(q.getCallback(), fill(new proto.ResourceHookRequest(), { ...step }));
    const error = proto.ResourceHookResponse.deserializeBinary(answer).getError();
    if (error !== "") throw new Error(error);
  },
});

/** Returns a hook, registered by the program, that runs after a failed step. */
export const errorHook =
  (q: proto.RegisterErrorHookRequest): ErrorHook =>
  async ({ errors, ...step }) => {
    const asked = fill(new proto.ErrorHookRequest(), { ...step, errorsList: [...errors] });
    const response = proto.ErrorHookResponse.deserializeBinary(await call(q.getCallback(), asked));
    if (response.getError() !== "") throw new Error(response.getError());
    return response.getRetry();
  };
