import type { Cloud } from "../../../arm/cloud.ts";
import type { ArmCall, ArmReply } from "../../../arm/router.ts";
import { findInGroup, inScope } from "../../resourceGroup/model.ts";
import { type App, apps, type } from "../model/app.ts";
import { readApp } from "./readApp.ts";

/** @throws {ArmError} 404 if the app or its group doesn't exist. */
export const findApp = (cloud: Cloud, { params }: ArmCall): App =>
  findInGroup(cloud, apps(cloud), type, params.group ?? "", params.app ?? "");

export const getApp = (cloud: Cloud, call: ArmCall): ArmReply => {
  const app = findApp(cloud, call);
  return { status: 200, body: readApp(app, call.origin), headers: { etag: app.etag } };
};

/** Lists the apps of the group, or of the subscription if the path has no group. */
export const listApps = (cloud: Cloud, call: ArmCall): ArmReply => {
  const found = inScope(cloud, call, [...apps(cloud).values()]);
  return { status: 200, body: { value: found.map((app) => readApp(app, call.origin)) } };
};

/** Returns secret values. No other call does. */
export const listSecrets = (cloud: Cloud, call: ArmCall): ArmReply => {
  const { secrets } = findApp(cloud, call).body.properties.configuration;
  return { status: 200, body: { value: (secrets ?? []).map(({ name, value }) => ({ name, value })) } };
};
