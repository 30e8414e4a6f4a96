/** Connections to model servers, shared by all models on one server. */

import type { TlsConfig } from "../inference.ts";
import { type Lease, Shared } from "../../shared.ts";
import { GrpcChannel } from "./grpc_channel.ts";
import { HttpConnection, type HttpRequest } from "./http_connection.ts";

/** Connections by server and TLS files; each ends with its last user. */
export class ServerPool {
  readonly #channels = new Shared<Promise<GrpcChannel>>(end);
  readonly #connections = new Shared<Promise<HttpConnection>>(end);

  /**
   * The way to `url` (`grpc:` or `grpcs:`).
   * @throws {InferenceError} when a TLS file cannot be read
   */
  async grpc(url: string, tls: TlsConfig): Promise<Lease<GrpcChannel>> {
    const { protocol, host } = new URL(url);
    const key = JSON.stringify([protocol, host, tls]);
    return await opened(this.#channels.lease(key, () => GrpcChannel.open(url, tls)));
  }

  /**
   * The way to a server of REST, as {@link HttpConnection.open}.
   * @throws {InferenceError} when a TLS file cannot be read
   */
  async http(url: string, tls: TlsConfig, probe: HttpRequest): Promise<Lease<HttpConnection>> {
    const key = JSON.stringify([url, tls, probe]);
    return await opened(this.#connections.lease(key, () => HttpConnection.open(url, tls, probe)));
  }
}

async function opened<Item>(lease: Lease<Promise<Item>>): Promise<Lease<Item>> {
  try {
    const item = await lease.item;
    return { item, [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose]() };
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
}

async function end(item: Promise<Disposable>): Promise<void> {
  // One that could not be opened has nothing to close.
  (await item.catch(() => undefined))?.[Symbol.dispose]();
}
