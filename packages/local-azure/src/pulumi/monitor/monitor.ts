import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import services from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { type Deployment, stackType } from "../engine/deployment.ts";
import type { EngineEvent, Goal } from "../engine/events.ts";
import type { Hooks } from "../engine/hooks.ts";
import type { Provider } from "../protocol/provider.ts";
import { fill, type Handlers, type RpcServer, serveRpc, unavailable } from "../protocol/rpc.ts";
import { fromStruct } from "../protocol/values.ts";
import { beforeHook, errorHook } from "./callbacks.ts";

export interface MonitorOptions {
  readonly deployment: Deployment;
  readonly project: string;
  readonly stack: string;
  readonly provider: (type: string) => Provider;
  /** Filled with the hooks that the program registers. */
  readonly hooks: Hooks;
  /** Runs the remaining steps once the program has declared everything. It waits, because they can call its hooks. */
  readonly finish: () => Promise<void>;
  readonly emit: (event: EngineEvent) => void;
}

/** The features that a program can use. For any other, the SDK tells the user that it is not supported. */
const features = ["secrets", "resourceReferences", "aliasSpecs", "deletedWith", "resourceHooks", "errorHooks"];

/** Serves Pulumi's ResourceMonitor and Engine services to the program. */
export function serveMonitor(options: MonitorOptions): Promise<RpcServer> {
  const root = { urn: "" };
  return serveRpc([
    [services.ResourceMonitorService, monitorHandlers(options, root)],
    [engineServices.EngineService, engineHandlers(options, root)],
  ]);
}

function monitorHandlers(
  { deployment, project, stack, provider, hooks, finish, emit }: MonitorOptions,
  root: { urn: string },
): Handlers {
  const failRun = ({ message }: Error): Promise<never> => {
    if (!deployment.failure.aborted) emit({ kind: "log", severity: "error", message });
    deployment.stop();
    // Never answers: the program is about to be ended, and would only report the error a second time.
    return new Promise<never>(() => {});
  };
  return {
    supportsFeature: (q: proto.SupportsFeatureRequest) =>
      fill(new proto.SupportsFeatureResponse(), { hassupport: features.includes(q.getId()) }),
    registerResourceHook: (q: proto.RegisterResourceHookRequest) => {
      hooks.before.set(unusedName(hooks, q.getName()), beforeHook(q));
      return new empty.Empty();
    },
    registerErrorHook: (q: proto.RegisterErrorHookRequest) => {
      hooks.onError.set(unusedName(hooks, q.getName()), errorHook(q));
      return new empty.Empty();
    },
    signalAndWaitForShutdown: async () => {
      await finish();
      return new empty.Empty();
    },
    registerResource: async (q: proto.RegisterResourceRequest) => {
      try {
        const urn = urnOf({ project, stack, root: root.urn }, q);
        if (q.getType() === stackType) root.urn = urn;
        refuseUnsupported(q);
        const resource = await deployment.register(goalOf(q, urn, root.urn));
        const object = resource.custom ? resource.outputs : {};
        return fill(new proto.RegisterResourceResponse(), { urn, id: resource.id, object });
      } catch (error) {
        return failRun(error as Error);
      }
    },
    registerResourceOutputs: (q: proto.RegisterResourceOutputsRequest) => {
      deployment.registerOutputs(q.getUrn(), fromStruct(q.getOutputs()));
      return new empty.Empty();
    },
    invoke: async (q: proto.ResourceInvokeRequest) => {
      const call = provider(q.getTok()).invoke(q.getTok(), fromStruct(q.getArgs()));
      // A program can handle a missing resource, but nothing works without the control plane.
      const result = await call.catch((error) => (error.code === unavailable ? failRun(error) : Promise.reject(error)));
      return fill(new proto.ResourceInvokeResponse(), { return: result });
    },
    readResource: (q: proto.ReadResourceRequest) => {
      throw new Error(`${q.getType()} '${q.getName()}': reading a resource by its id is ${unsupported}`);
    },
  };
}

function unusedName({ before, onError }: Hooks, name: string): string {
  if (!before.has(name) && !onError.has(name)) return name;
  throw new Error(`resource hook already registered for name "${name}"`);
}

/**
 * Builds the name that identifies a resource across updates: stack, project, types from the outermost parent in, name.
 */
function urnOf(at: { project: string; stack: string; root: string }, q: proto.RegisterResourceRequest): string {
  const parent = q.getParent();
  const outer = parent === "" || parent === at.root ? "" : `${parent.split("::")[2]}$`;
  return `urn:pulumi:${at.stack}::${at.project}::${outer}${q.getType()}::${q.getName()}`;
}

function goalOf(q: proto.RegisterResourceRequest, urn: string, root: string): Goal {
  const propertyDependencies: Record<string, string[]> = {};
  q.getPropertydependenciesMap().forEach((value: proto.RegisterResourceRequest.PropertyDependencies, key: string) => {
    propertyDependencies[key] = value.getUrnsList();
  });
  const bound = hooksOf(q);
  const timeouts = Object.entries(q.getCustomtimeouts()?.toObject() ?? {}).filter(([, text]) => text !== "");
  return {
    urn,
    type: q.getType(),
    custom: q.getCustom(),
    id: "",
    inputs: fromStruct(q.getObject()),
    outputs: {},
    dependencies: q.getDependenciesList(),
    propertyDependencies,
    parent: urn === root ? undefined : q.getParent() || root || undefined,
    customTimeouts: Object.fromEntries(timeouts.map(([step, text]) => [step, durationSeconds(text)])),
    replaceOnChanges: q.getReplaceonchangesList(),
    protect: q.getProtect() || undefined,
    ignoreChanges: q.getIgnorechangesList().length > 0 ? q.getIgnorechangesList() : undefined,
    resourceHooks: Object.keys(bound).length > 0 ? bound : undefined,
  };
}

/** Returns the hooks of a resource by kind, with the kinds named as in a checkpoint, such as `BeforeUpdate`. */
function hooksOf(q: proto.RegisterResourceRequest): Record<string, string[]> {
  const lists = Object.entries(q.getHooks()?.toObject() ?? {}) as [string, string[]][];
  const named = lists.map(([list, names]): [string, string[]] => [
    list.charAt(0).toUpperCase() + list.slice(1).replace(/List$/, ""),
    names,
  ]);
  return Object.fromEntries(named.filter(([, names]) => names.length > 0));
}

/** The kinds of hooks that this engine calls. */
const hookKinds = ["BeforeCreate", "BeforeUpdate", "OnError"];

/** Parses a duration in Go's notation, such as `1h30m`, into seconds. */
function durationSeconds(text: string): number {
  const [whole, h = 0, m = 0, s = 0] = /^(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?$/.exec(text) ?? [];
  if (whole === undefined) throw new Error(`customTimeouts: '${text}' is not a duration. Use a value such as 5m`);
  return Number(h) * 3600 + Number(m) * 60 + Number(s);
}

const unsupported = "not supported by the built-in engine";

/** Throws if the resource has options that this engine would otherwise silently ignore; names all of them. */
function refuseUnsupported(q: proto.RegisterResourceRequest): void {
  const bound = Object.keys(hooksOf(q));
  const asked: Record<string, boolean | undefined> = {
    provider: q.getProvider() !== "" || q.getProvidersMap().getLength() > 0,
    import: q.getImportid() !== "",
    additionalSecretOutputs: q.getAdditionalsecretoutputsList().length > 0,
    deleteBeforeReplace: q.getDeletebeforereplacedefined(),
    retainOnDelete: q.getRetainondelete(),
    deletedWith: q.getDeletedwith() !== "",
    replaceWith: q.getReplaceWithList().length > 0,
    replacementTrigger: q.hasReplacementTrigger(),
    "hooks of a component": !q.getCustom() && bound.length > 0,
    [`hooks other than ${hookKinds.join(", ")}`]: q.getCustom() && bound.some((kind) => !hookKinds.includes(kind)),
    transforms: q.getTransformsList().length > 0,
    "remote component": q.getRemote(),
    // Every azure-native resource has aliases by type alone, for its earlier API versions.
    aliases: q.getAliasurnsList().length > 0 || q.getAliasesList().some((alias) => alias.getSpec()?.getName() !== ""),
  };
  const names = Object.keys(asked).filter((name) => asked[name]);
  if (names.length === 0) return;
  throw new Error(`${q.getType()} '${q.getName()}': ${unsupported}: ${names.join(", ")}`);
}

const severities = ["info", "info", "warning", "error"] as const;

function engineHandlers({ deployment, emit }: MonitorOptions, root: { urn: string }): Handlers {
  return {
    log: (q: engine.LogRequest) => {
      // After a failed step, the program only reports that it lost its engine.
      const debug = q.getSeverity() === engine.LogSeverity.DEBUG;
      if (!debug && !deployment.failure.aborted) {
        const urn = q.getUrn();
        const severity = severities[q.getSeverity()] ?? "info";
        emit({ kind: "log", severity, message: q.getMessage().trimEnd(), urn: urn || undefined });
      }
      return new empty.Empty();
    },
    getRootResource: () => fill(new engine.GetRootResourceResponse(), { urn: root.urn }),
    setRootResource: (q: engine.SetRootResourceRequest) => {
      root.urn = q.getUrn();
      return new engine.SetRootResourceResponse();
    },
    requirePulumiVersion: () => new engine.RequirePulumiVersionResponse(),
  };
}
