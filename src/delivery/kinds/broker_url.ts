/** What the URLs of brokers have in common: hosts, a user, a path. */

import { splitUrl } from "../../log/mask.ts";

/** A URL of a broker, taken apart; there may be several hosts, as of Kafka and NATS. */
export interface BrokerUrl {
  readonly scheme: string;
  /** `host:port` each. */
  readonly hosts: readonly string[];
  /** Name or address of the first of them; an IPv6 address without its brackets. */
  readonly host: string;
  /** Of the first of them. */
  readonly port: number;
  /** Null when it names no user. */
  readonly user: string | null;
  /** Without slashes at its ends; empty when there is none. */
  readonly path: string;
}

/** Takes a URL apart; null when it is none. A host without a port has the one that is given. */
export function parseBrokerUrl(url: string, defaultPort: number): BrokerUrl | null {
  const parts = splitUrl(url);
  const [, hosts, path = ""] = /^([^/?#]+)(\/[^?#]*)?$/.exec(parts?.rest ?? "") ?? [];
  if (hosts === undefined) return null;
  const named = hosts.split(",").map((host) => withPort(host, defaultPort));
  if (!named.every((host) => URL.canParse(`tcp://${host}`))) return null;
  const { hostname, port } = new URL(`tcp://${named[0]}`);
  return {
    scheme: parts!.scheme.slice(0, -"://".length).toLowerCase(),
    hosts: named,
    host: hostname.replaceAll(/[[\]]/g, ""),
    port: Number(port),
    user: credentialsOf(url).user,
    path: decoded(path.replaceAll(/^\/+|\/+$/g, "")),
  };
}

/** The same of a server that has one host; null where there are several as well. */
export function parseServerUrl(url: string, defaultPort: number): BrokerUrl | null {
  const parts = parseBrokerUrl(url, defaultPort);
  return parts?.hosts.length === 1 ? parts : null;
}

/** User and password as they are meant; null where there is none. */
export function credentialsOf(
  url: string,
): { readonly user: string | null; readonly password: string | null } {
  const userinfo = splitUrl(url)?.userinfo ?? null;
  if (userinfo === null) return { user: null, password: null };
  const [user = "", ...rest] = userinfo.split(":");
  const password = rest.join(":");
  return { user: decoded(user), password: password === "" ? null : decoded(password) };
}

/** Without percent-encoding; a text that has a percent sign of its own is what it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withPort(host: string, port: number): string {
  return /:\d+$/.test(host) ? host : `${host}:${port}`;
}
