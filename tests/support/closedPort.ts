/**
 * A port of 127.0.0.1 that refuses connections. A port that was just released is not safe, because another test's
 * server can get it. IANA assigns this one to no service, the system never picks it (it picks ports above 1,023), and
 * the Fetch standard does not block it, unlike port 1.
 */
export const closedPort = 4;
