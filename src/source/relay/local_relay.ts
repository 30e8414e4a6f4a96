/** A local port whose connections are forwarded. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { SourceError } from "../source.ts";

/** A way to a camera. */
export interface InputRelay extends AsyncDisposable {
  /** What ffmpeg is to read. */
  readonly url: string;
  /** Variables of ffmpeg's environment, which only our user may read. */
  readonly env: Readonly<Record<string, string>>;
  /** Why the camera could not be reached, if it could not. */
  readonly failure: SourceError | null;
}

/** ffmpeg needs one or two at once. */
const mostConnections = 8;

/** A port on 127.0.0.1, with all that was opened for those who connected to it. */
export class LocalRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `serve` is called for each connection. */
  static async open(serve: (local: Socket, relay: LocalRelay) => void): Promise<LocalRelay> {
    const server = createServer();
    server.maxConnections = mostConnections;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const relay = new LocalRelay(server);
    server.on("connection", (local) => {
      relay.#own(local);
      serve(local, relay);
    });
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends either with the other. */
  bind(local: Socket, far: Socket): void {
    this.#own(far);
    local.on("close", () => far.destroy());
    far.on("close", () => local.destroySoon());
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // It closes too.
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
