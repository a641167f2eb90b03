// Preloaded (`--import`) into a client that keeps no cookies: one jar for the process, under its global fetch.
import makeFetchCookie from "fetch-cookie";
import { CookieJar } from "tough-cookie";

globalThis.fetch = makeFetchCookie(globalThis.fetch, new CookieJar());
