import type { Cloud, ResourceRoute, ResourceType } from "./cloud.ts";
import { errors } from "./errors.ts";
import type { Route } from "./router.ts";
import { identity } from "./token.ts";

/** The routes of all types that this cloud has; what fits none is 501. */
export const createRoutes = (cloud: Cloud): readonly Route[] =>
  cloud.types.flatMap((type) => type.routes.map((entry) => route(cloud, type, entry)));

/** There is one subscription; each type has its own versions. */
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
    if (named !== undefined && named !== identity.subscription) throw errors.wrongTenant(named);
    const reply = await handle(cloud, call);
    if (typeof versions === "string") return reply;
    return { ...reply, headers: { "api-supported-versions": versions.join(", "), ...reply.headers } };
  },
});
