import { errors } from "../../arm/errors.ts";

const defaultRetentionDays = 30;

/** Returns the retention in days. @throws {ArmError} 400 outside the range of the paid tiers */
export function retention(days: unknown): number {
  if (days === undefined || days === null) return defaultRetentionDays;
  if (typeof days === "number" && Number.isInteger(days) && days >= 30 && days <= 730) return days;
  throw errors.invalid(
    "InvalidParameter",
    `properties.retentionInDays must be a whole number from 30 to 730, got '${days}'.`,
  );
}
