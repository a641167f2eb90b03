import type { Cloud, ResourceRoute, ResourceType } from "./cloud.ts";
import { errors } from "./errors.ts";
import type { Route } from "./router.ts";
import { identity } from "./token.ts";

/** Returns the routes of all types of this cloud. */
export const createRoutes = (cloud: Cloud): readonly Route[] =>
  cloud.types.flatMap((type) => type.routes.map((entry) => route(cloud, type, entry)));

/** Adds to a handler what is common to all: the check of the subscription, and the header with supported versions. */
const route = (
  cloud: Cloud,
  { versions: ofType }: ResourceType,
  [method, path, handle, versions = ofType]: ResourceRoute,
): Route => ({
  method,
  path,
  versions,
  handle: async (call) => {
    const named = call.params.subscription;
    if (named !== undefined && named !== identity.subscription) throw errors.subscriptionNotFound(named);
    const reply = await handle(cloud, call);
    if (typeof versions === "string") return reply;
    return { ...reply, headers: { "api-supported-versions": versions.join(", "), ...reply.headers } };
  },
});
