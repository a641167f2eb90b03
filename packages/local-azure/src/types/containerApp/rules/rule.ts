import type { ArmError } from "../../../arm/errors.ts";
import type { EnvironmentProperties } from "../../managedEnvironment/model.ts";
import type { AppBody, Configuration, Container, Template } from "../model/app.ts";

/** One of Azure's rules for apps. Returns the error for a body that breaks it. */
export type Rule = (body: AppBody, name: string, environment: EnvironmentProperties) => ArmError | undefined;

export const configuration = (body: AppBody): Configuration => body.properties.configuration;
export const template = (body: AppBody): Template => body.properties.template;
export const containers = (body: AppBody): readonly Container[] => template(body).containers ?? [];
