// Preload (`--import`) for a client that keeps no cookies: gives the process's global fetch a cookie jar.
import makeFetchCookie from "fetch-cookie";
import { CookieJar } from "tough-cookie";

globalThis.fetch = makeFetchCookie(globalThis.fetch, new CookieJar());
