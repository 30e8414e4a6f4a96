/** RTSP proxy between ffmpeg and a camera, in which TLS ends. */

import type { CameraTlsConfig } from "../settings.ts";
import { maskUrl } from "../../log/mask.ts";
import { type Address, hostAndPort } from "../address.ts";
import { CameraTls } from "./camera_tls.ts";
import { type InputRelay, LocalRelay } from "./local_relay.ts";
import { SourceError } from "../source.ts";

/** Of `rtsps://` when the URL has none. */
export const portOfRtsps = 322;

/**
 * A port on this machine behind which the camera is reached by TLS. ffmpeg cannot be asked for that:
 * up to 8.0 it looks at no certificate of `rtsps://` whatever its options.
 */
export class TlsRelay implements InputRelay {
  readonly url: string;
  readonly env = {};
  readonly #relay: LocalRelay;
  readonly #tls: CameraTls;

  private constructor(address: Address, relay: LocalRelay, tls: CameraTls) {
    this.#relay = relay;
    this.#tls = tls;
    this.url = throughPort(address.url, relay.port);
  }

  /** @throws {SourceError} when the file with the authorities cannot be read */
  static async open(address: Address, config: CameraTlsConfig): Promise<TlsRelay> {
    const tls = await CameraTls.open(maskUrl(address.url), config);
    const host = hostAndPort(address.url, portOfRtsps);
    if (host === null) {
      const name = maskUrl(address.url);
      throw new SourceError(
        "tls",
        `Cannot read ${name}: no TLS to such a host`,
        "give its name, or its address without a zone",
      );
    }
    const { hostname, port } = host;
    const relay = await LocalRelay.open((local, relay) => {
      const far = tls.connect(hostname, port, () => {
        far.pipe(local);
        local.pipe(far);
      });
      relay.bind(local, far);
    });
    return new TlsRelay(address, relay, tls);
  }

  get failure(): SourceError | null {
    return this.#tls.failure;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relay[Symbol.asyncDispose]();
  }
}

/** The same URL, asked of a port on this machine. */
function throughPort(url: string, port: number): string {
  const [, userinfo = "", path = ""] = /^[a-z]+:\/\/((?:[^/?#]*@)?)[^/?#]*(.*)$/is.exec(url) ?? [];
  return `rtsp://${userinfo}127.0.0.1:${port}${path}`;
}
