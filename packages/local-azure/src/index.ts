export { type ArmRequest, type LocalAzure, type LocalAzureOptions, startLocalAzure } from "./host/startLocalAzure.ts";
