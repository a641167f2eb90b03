/**
 * A port of 127.0.0.1 that refuses connections for as long as a test lasts, which one that was just given back does not: the
 * system may give it to another test's server meanwhile. IANA assigns it to no service, no program gets it by chance (those
 * that the system picks are above 1,023), and the Fetch standard does not block it, as it does port 1.
 */
export const closedPort = 4;
