import type { Cloud } from "../../../arm/cloud.ts";
import type { Call, Reply } from "../../../arm/router.ts";
import { findInGroup, inScope } from "../../group/model.ts";
import { type App, apps, type } from "../model/app.ts";
import { readApp } from "./readApp.ts";

export const findApp = (cloud: Cloud, { params }: Call): App =>
  findInGroup(cloud, apps(cloud), type, params.group ?? "", params.app ?? "");

export const getApp = (cloud: Cloud, call: Call): Reply => {
  const app = findApp(cloud, call);
  return { status: 200, body: readApp(app, call.origin), headers: { etag: app.etag } };
};

/** Of the group, or of the subscription if the path names none. */
export const listApps = (cloud: Cloud, call: Call): Reply => {
  const found = inScope(cloud, call, [...apps(cloud).values()]);
  return { status: 200, body: { value: found.map((app) => readApp(app, call.origin)) } };
};

/** The one read that returns secret values, as a POST. */
export const listSecrets = (cloud: Cloud, call: Call): Reply => {
  const { secrets } = findApp(cloud, call).body.properties.configuration;
  return { status: 200, body: { value: (secrets ?? []).map(({ name, value }) => ({ name, value })) } };
};
