/** HTTP proxy between ffmpeg and a camera with a secret in its URL, or with TLS. */

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { CameraTlsConfig } from "../settings.ts";
import { maskUrl } from "../../log/mask.ts";
import { type Address, hostAndPort, isHttps } from "../address.ts";
import { CameraTls } from "./camera_tls.ts";
import { isPlaylist, readPlaylist } from "./http_playlist.ts";
import { type InputRelay, LocalRelay } from "./local_relay.ts";
import { SourceError } from "../source.ts";

/** A host that there is not: ffmpeg asks the proxy for it. */
const placeholder = "sightline.invalid";
const mostHeadBytes = 32 * 1024;

/**
 * A proxy on this machine for one ffmpeg, named to it by its environment, which no other user may read.
 * ffmpeg asks for a URL without secrets and is sent on to the true one: to the camera itself, or back
 * here where TLS is wanted, which ends here; what playlists name is asked for in the same way.
 */
export class HttpRelay implements InputRelay {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #name: string;
  readonly #target: string;
  readonly #key = randomBytes(16).toString("hex");
  readonly #tls: CameraTls | null;
  readonly #relay: LocalRelay;
  /** Hosts and ports that are asked by TLS. */
  readonly #secure = new Set<string>();
  #failure: SourceError | null = null;
  readonly #pollMs: number | null;
  /** When the next picture may be asked for. */
  #nextAtMs = -Infinity;

  private constructor(
    address: Address,
    tls: CameraTls | null,
    relay: LocalRelay,
    pollMs: number | null,
  ) {
    this.#pollMs = pollMs;
    this.#name = maskUrl(address.url);
    this.#tls = tls;
    this.#relay = relay;
    const [, path = ""] = /^[a-z]+:\/\/[^/?#]*([^?#]*)/is.exec(address.url) ?? [];
    // By its ending ffmpeg may know what it is.
    this.url = `http://${placeholder}${path}`;
    this.#target = tls === null ? address.url : this.#byProxy(address.url);
    this.env = {
      http_proxy: `http://sightline:${this.#key}@127.0.0.1:${relay.port}`,
      no_proxy: tls === null ? hostAndPort(address.url, 80)?.hostname ?? "" : "",
    };
  }

  /**
   * `pollMs`: how far apart requests are that begin anew; null = as they come.
   * @throws {SourceError} when the file with the authorities cannot be read
   */
  static async open(
    address: Address,
    config: CameraTlsConfig,
    pollMs: number | null = null,
  ): Promise<HttpRelay> {
    const tls = isHttps(address) ? await CameraTls.open(maskUrl(address.url), config) : null;
    const relay = await LocalRelay.open((local) => {
      readHead(local, (head, rest) => self.#serve(local, head, rest));
    });
    const self = new HttpRelay(address, tls, relay, pollMs);
    return self;
  }

  get failure(): SourceError | null {
    return this.#failure ?? this.#tls?.failure ?? null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relay[Symbol.asyncDispose]();
  }

  #serve(local: Socket, head: string, rest: Uint8Array): void {
    const key = `Basic ${Buffer.from(`sightline:${this.#key}`).toString("base64")}`;
    if (headerOf(head, "Proxy-Authorization") !== key) {
      return answer(
        local,
        "407 Proxy Authentication Required",
        'Proxy-Authenticate: Basic realm="x"',
      );
    }
    const [, host = "", path = "/"] = /^[A-Z]+ http:\/\/([^/?# ]+)(\S*) /.exec(head) ?? [];
    if (host.replace(/:80$/, "") === placeholder) {
      const timer = setTimeout(
        () => answer(local, "302 Found", `Location: ${this.#target}`),
        this.#turnInMs(),
      );
      local.on("close", () => clearTimeout(timer));
      return;
    }
    const target = hostAndPort(`http://${host}`, 443);
    if (this.#tls === null || target === null || !this.#secure.has(host)) {
      this.#failure ??= new SourceError(
        "tls",
        `Cannot read ${this.#name}: it leads to ${host || "another https:// address"} besides`,
        "give that address as --stream_url",
      );
      return answer(local, "403 Forbidden");
    }
    const far = this.#tls.connect(target.hostname, target.port, () => {
      far.write(requestFor(head, host, path));
      if (rest.length > 0) far.write(rest);
      local.pipe(far);
      readHead(far, (answered, body) => {
        if (isPlaylist(answered)) {
          const change = (url: string) => this.#byProxy(url);
          return readPlaylist(far, answered, body, change, (text) => local.end(text));
        }
        local.write(answered.replace(/^(Location: )(https:\/\/\S+)/im, (_line, name, url) => {
          return name + this.#byProxy(url);
        }));
        if (body.length > 0) local.write(body);
        far.pipe(local);
      });
    });
    this.#relay.bind(local, far);
  }

  #turnInMs(): number {
    if (this.#pollMs === null) return 0;
    const nowMs = performance.now();
    const turnAtMs = Math.max(nowMs, this.#nextAtMs);
    this.#nextAtMs = turnAtMs + this.#pollMs;
    return turnAtMs - nowMs;
  }

  /** As ffmpeg has to ask for it, so that TLS is ours. */
  #byProxy(url: string): string {
    const [, userinfo = "", host = "", path = ""] =
      /^https:\/\/((?:[^/?#]*@)?)([^/?#]*)(.*)$/is.exec(url) ?? [];
    const far = hostAndPort(url, 443);
    // Asked of the relay, which refuses it.
    if (far === null) return `http://${host}${path}`;
    const { hostname, port } = far;
    const name = host.startsWith("[") ? `[${hostname}]` : hostname;
    this.#secure.add(`${name}:${port}`);
    return `http://${userinfo}${name}:${port}${path}`;
  }
}

/** Reads what stands before the body; a longer head without an end is cut off. */
function readHead(socket: Socket, onHead: (head: string, rest: Uint8Array) => void): void {
  let read = Buffer.alloc(0);
  const take = (piece: Uint8Array) => {
    read = Buffer.concat([read, piece]);
    const end = read.indexOf("\r\n\r\n");
    if (end < 0 && read.length < mostHeadBytes) return;
    socket.off("data", take);
    socket.pause();
    if (end < 0) socket.destroy();
    else onHead(read.subarray(0, end + 4).toString("latin1"), read.subarray(end + 4));
  };
  socket.on("data", take);
}

/** One request on a connection, so that there is one head to change. */
function requestFor(head: string, host: string, path: string): string {
  const [, method = "GET"] = /^([A-Z]+) /.exec(head) ?? [];
  const kept = head.split("\r\n").slice(1, -2)
    .filter((line) => !/^(Host|Connection|Proxy-[\w-]+):/i.test(line));
  const named = host.replace(/:443$/, "");
  const lines = [
    `${method} ${path || "/"} HTTP/1.1`,
    `Host: ${named}`,
    ...kept,
    "Connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function headerOf(head: string, name: string): string | null {
  return new RegExp(`^${name}: *(.*?)\\r$`, "im").exec(head)?.[1] ?? null;
}

function answer(local: Socket, status: string, header = "X-Reason: none"): void {
  local.end(`HTTP/1.1 ${status}\r\n${header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}
