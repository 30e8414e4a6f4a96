/** TLS connections to cameras: certificates are verified here, as ffmpeg's builds differ in that. */

import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import type { CameraTlsConfig } from "../settings.ts";
import { SourceError } from "../source.ts";
import { tlsFailure } from "./tls_failure.ts";

/** Connects to one camera by TLS. */
export class CameraTls {
  readonly #name: string;
  readonly #insecure: boolean;
  readonly #authorities: Authorities | null;
  #failure: SourceError | null = null;

  private constructor(name: string, insecure: boolean, authorities: Authorities | null) {
    this.#name = name;
    this.#insecure = insecure;
    this.#authorities = authorities;
  }

  /**
   * `name` is the camera's address without its secrets.
   * @throws {SourceError} when the file with the authorities cannot be read
   */
  static async open(name: string, { caFile, insecure }: CameraTlsConfig): Promise<CameraTls> {
    const authorities = caFile === null ? null : await readAuthorities(caFile, name);
    return new CameraTls(name, insecure, authorities);
  }

  /** Why the camera could not be reached, if it could not. */
  get failure(): SourceError | null {
    return this.#failure;
  }

  /** A connection; `onSecure` is called once it is known whose it is. */
  connect(host: string, port: number, onSecure: () => void): TLSSocket {
    const own = this.#authorities;
    const socket = connect({
      ...{ host, port, rejectUnauthorized: !this.#insecure },
      ...own !== null && { ca: own.pem, checkServerIdentity: own.checkIdentity },
    });
    let secure = false;
    socket.on("error", (error) => {
      // Once it is known who the camera is, ffmpeg sees for itself how the connection ends.
      if (!secure) this.#failure ??= tlsFailure(this.#name, error);
    });
    socket.once("secureConnect", () => {
      secure = true;
      onSecure();
    });
    return socket;
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
