import type { McpExchange } from "../drivers/driver.ts";
import type { CookieObstacle, SetCookie } from "../http/cookies.ts";

/** All cookies of a run by name, regardless of the session. */
export class CookiesSeen {
  /** Each cookie as it was last set. */
  readonly set = new Map<string, SetCookie>();
  /** Cookies that a session had but didn't send, with the first reason for it. */
  readonly withheld = new Map<string, CookieObstacle>();

  add({ setCookies, withheld }: Pick<McpExchange, "setCookies" | "withheld">): void {
    for (const cookie of setCookies) this.set.set(cookie.name, cookie);
    for (const { name, obstacle } of withheld) if (!this.withheld.has(name)) this.withheld.set(name, obstacle);
  }

  addAll(other: CookiesSeen): void {
    for (const [name, cookie] of other.set) this.set.set(name, cookie);
    for (const [name, obstacle] of other.withheld) if (!this.withheld.has(name)) this.withheld.set(name, obstacle);
  }
}
