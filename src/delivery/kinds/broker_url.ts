/** What the URLs of brokers have in common: hosts, a user, a path. */

/** A URL of a broker, taken apart; there may be several hosts, as of Kafka and NATS. */
export interface BrokerUrl {
  readonly scheme: string;
  /** `host:port` each. */
  readonly hosts: readonly string[];
  /** Null when it names no user. */
  readonly user: string | null;
  /** Without slashes at its ends; empty when there is none. */
  readonly path: string;
}

/** Takes a URL apart; null when it is none. A host without a port has the one that is given. */
export function parseBrokerUrl(url: string, port: number): BrokerUrl | null {
  const [, scheme, user, hosts, path = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/?#]*)@)?([^/?#@]+)(\/[^?#]*)?$/i.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) return null;
  const named = hosts.split(",").map((host) => withPort(host, port));
  if (!named.every((host) => URL.canParse(`tcp://${host}`))) return null;
  return {
    scheme: scheme.toLowerCase(),
    hosts: named,
    user: user === undefined ? null : decodeURIComponent(user.split(":", 1)[0]!),
    path: decodeURIComponent(path.replaceAll(/^\/+|\/+$/g, "")),
  };
}

function withPort(host: string, port: number): string {
  return /:\d+$/.test(host) ? host : `${host}:${port}`;
}
