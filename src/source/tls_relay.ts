/** TLS to a camera, ended here, so that which certificates are good is for us to decide. */

import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { checkServerIdentity, connect } from "node:tls";
import type { CameraTlsConfig } from "../config/resolved.ts";
import { maskUrl } from "../log/mask.ts";
import { type Address, hostAndPort } from "./address.ts";
import { SourceError } from "./source.ts";
import { tlsFailure } from "./tls_failure.ts";

/** ffmpeg needs one; a second one carries RTSP that is tunnelled through HTTP. */
const mostConnections = 4;

/** Of `rtsps://` when the URL has none. */
export const portOfRtsps = 322;

/**
 * A port on this machine behind which the camera is reached by TLS. ffmpeg cannot be asked for that:
 * up to 8.0 it looks at no certificate of `rtsps://` whatever it is told.
 */
export class TlsRelay implements AsyncDisposable {
  /** What ffmpeg is to read. */
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #failure: SourceError | null = null;

  private constructor(address: Address, server: Server) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = throughPort(address.url, port);
  }

  /** @throws {SourceError} when the file with the authorities cannot be read */
  static async open(address: Address, trust: CameraTlsConfig): Promise<TlsRelay> {
    const name = maskUrl(address.url);
    const ca = trust.caFile === null ? null : await readAuthorities(trust.caFile, name);
    const server = createServer();
    server.maxConnections = mostConnections;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const relay = new TlsRelay(address, server);
    server.on("connection", (local) => relay.#serve(local, address, trust.insecure, ca));
    return relay;
  }

  /** Why the camera could not be reached, if it could not. */
  get failure(): SourceError | null {
    return this.#failure;
  }

  #serve(local: Socket, address: Address, insecure: boolean, ca: Authorities | null): void {
    const { hostname: host, port } = hostAndPort(address.url, portOfRtsps);
    const far = connect({
      ...{ host, port, rejectUnauthorized: !insecure },
      ...ca !== null && { ca: ca.pem, checkServerIdentity: ca.checkIdentity },
    });
    let secure = false;
    far.on("error", (error) => {
      // Once it is known who the camera is, ffmpeg sees for itself how the connection ends.
      if (!secure) this.#failure ??= tlsFailure(maskUrl(address.url), error);
    });
    far.once("secureConnect", () => {
      secure = true;
      far.pipe(local);
      local.pipe(far);
    });
    for (const [socket, other] of [[local, far], [far, local]] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

interface Authorities {
  readonly pem: string;
  readonly checkIdentity: typeof checkServerIdentity;
}

async function readAuthorities(file: string, name: string): Promise<Authorities> {
  try {
    const pem = await readFile(file, "utf8");
    const pattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
    const known = new Set([...pem.matchAll(pattern)].map(([text]) => {
      return new X509Certificate(text).fingerprint256;
    }));
    if (known.size === 0) throw new TypeError("there is no certificate in it");
    return {
      pem,
      // Cameras name themselves as they like; one whose very certificate is given is that camera.
      checkIdentity: (hostname, certificate) =>
        known.has(certificate.fingerprint256)
          ? undefined
          : checkServerIdentity(hostname, certificate),
    };
  } catch (cause) {
    throw new SourceError(
      "tls",
      `Cannot read ${name}: the certificates in ${file} cannot be read`,
      "check --stream_tls_ca: it must be a PEM file",
      { cause },
    );
  }
}

/** The same URL, asked of a port on this machine. */
function throughPort(url: string, port: number): string {
  const [, userinfo = "", path = ""] = /^[a-z]+:\/\/((?:[^/?#]*@)?)[^/?#]*(.*)$/is.exec(url) ?? [];
  return `rtsp://${userinfo}127.0.0.1:${port}${path}`;
}
