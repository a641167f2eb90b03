import type { IncomingMessage } from "node:http";
import { BlockList, isIPv6 } from "node:net";
import type { TLSSocket } from "node:tls";
import type { IngressSpec } from "../contract/dataPlane.ts";
import { hasCertificate } from "./clientCertificate.ts";
import type { Protocol } from "./listener.ts";

export interface AccessRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The answer of an app without a revision that takes requests. */
export const stopped: AccessRefusal = {
  status: 404,
  headers: {},
  text: "Error 404 - This Container App is stopped or does not exist.",
};

/** The checks of an app's ingress that decide whether a request can enter. */
export interface AccessRules {
  /** Returns the refusal, or undefined if the request can pass. */
  refuses(request: IncomingMessage, protocol: Protocol): AccessRefusal | undefined;
}

export function accessRules(spec: IngressSpec): AccessRules {
  const allowed = spec.allowedRanges.length === 0 ? undefined : blockList(spec.allowedRanges);
  return {
    refuses(request, protocol) {
      const address = request.socket.remoteAddress ?? "";
      if (allowed !== undefined && !allowed.check(address, isIPv6(address) ? "ipv6" : "ipv4")) {
        return { status: 403, headers: {}, text: "RBAC: access denied" };
      }
      if (protocol === "http" && !spec.allowInsecure) {
        const location = `https://${request.headers.host ?? ""}${request.url ?? "/"}`;
        return { status: 301, headers: { location }, text: "" };
      }
      if (
        spec.clientCertificateMode === "require" &&
        !(protocol === "https" && hasCertificate(request.socket as TLSSocket))
      ) {
        return { status: 403, headers: {}, text: "client certificate required" };
      }
      return undefined;
    },
  };
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
