/** What the URLs of brokers have in common: hosts, a user, a path. */

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
  const [, scheme, user, hosts, path = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/?#]*)@)?([^/?#@]+)(\/[^?#]*)?$/i.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) return null;
  const named = hosts.split(",").map((host) => withPort(host, defaultPort));
  if (!named.every((host) => URL.canParse(`tcp://${host}`))) return null;
  const { hostname, port } = new URL(`tcp://${named[0]}`);
  return {
    scheme: scheme.toLowerCase(),
    hosts: named,
    host: hostname.replaceAll(/[[\]]/g, ""),
    port: Number(port),
    user: user === undefined ? null : decodeURIComponent(user.split(":", 1)[0]!),
    path: decodeURIComponent(path.replaceAll(/^\/+|\/+$/g, "")),
  };
}

/** The same of a server that has one host; null where there are several as well. */
export function parseServerUrl(url: string, defaultPort: number): BrokerUrl | null {
  const parts = parseBrokerUrl(url, defaultPort);
  return parts?.hosts.length === 1 ? parts : null;
}

function withPort(host: string, port: number): string {
  return /:\d+$/.test(host) ? host : `${host}:${port}`;
}
