/** Connections to gRPC servers: one for each server, shared by all who ask there. */

import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import type { TlsConfig } from "../config/resolved.ts";
import { fromGrpcError } from "./grpc_error.ts";
import { InferenceError, type InferOptions } from "./inference.ts";
import { unavailableHint } from "./hints.ts";
import { readTlsFiles } from "./tls.ts";

/** A call with one request and one response, with its wire form. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

// How long a connection may be under way before requests stop waiting for it. A refused one is
// known at once; this is for servers that do not answer at all.
const connectPatienceMs = 1000;

const options: ChannelOptions = {
  // A frame or a mask can be of any size; the server's own limit is the one that counts.
  "grpc.max_send_message_length": -1,
  "grpc.max_receive_message_length": -1,
  // Results must resume within a second of the server's return: with 20 % of jitter the longest
  // pause between two attempts is 480 ms.
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 400,
  "grpc.dns_min_time_between_resolutions_ms": 500,
  "grpc.service_config_disable_resolution": 1,
  // A frame that failed is old news; and a retry would keep a copy of every request.
  "grpc.enable_retries": 0,
  // Sharing and renewal are done here, where they can be seen.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_channelz": 0,
};

const shared = new Map<string, GrpcChannel>();

/** A connection that mends itself. Requests fail at once while it is down. */
export class GrpcChannel {
  readonly #key: string;
  readonly #address: string;
  readonly #credentials: ChannelCredentials;
  #client: Client;
  #users = 0;
  #answers = 0;
  #connecting: Promise<void> | undefined;

  private constructor(key: string, address: string, credentials: ChannelCredentials) {
    this.#key = key;
    this.#address = address;
    this.#credentials = credentials;
    this.#client = this.#connect();
  }

  /** The connection to `url` (`grpc:` or `grpcs:`); dispose it once for every time it was opened. */
  static async open(url: string, tls: TlsConfig): Promise<GrpcChannel> {
    const { protocol, host } = new URL(url);
    const key = JSON.stringify([protocol, host, tls.caFile, tls.certFile, tls.keyFile]);
    const credentials = await makeCredentials(protocol, tls);
    const channel = shared.get(key) ?? new GrpcChannel(key, host, credentials);
    shared.set(key, channel);
    channel.#users++;
    return channel;
  }

  /**
   * Calls `method`. The call is cancelled on the wire when the signal aborts or time is up.
   * @throws {InferenceError}
   */
  async unary<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    timeoutMs: number,
    { signal }: InferOptions = {},
  ): Promise<Response> {
    if (signal?.aborted) throw cancelled(signal);
    const deadline = Date.now() + timeoutMs;
    const state = this.#client.getChannel().getConnectivityState(true);
    if (state === connectivityState.CONNECTING || state === connectivityState.IDLE) {
      await this.#connected();
    }
    return await this.#call(method, request, deadline, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (--this.#users === 0) {
      shared.delete(this.#key);
      this.#client.close();
    }
    return Promise.resolve();
  }

  #call<Request, Response>(
    { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
    request: Request,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const answersBefore = this.#answers;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const call = this.#client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      { deadline },
      (error: ServiceError | null, response?: Response) => {
        signal?.removeEventListener("abort", cancel);
        if (error === null) {
          this.#answers++;
          return resolve(response!);
        }
        const failure = signal?.aborted ? cancelled(signal) : fromGrpcError(error, this.#address);
        if (failure.reason === "timeout") this.#renewUnless(answersBefore !== this.#answers);
        reject(failure);
      },
    );
    function cancel() {
      call.cancel();
    }
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
    return promise;
  }

  // A request that waits through its whole deadline while nothing else is answered either may
  // stand in a connection whose other end is gone (power cut, pulled cable). TCP would notice
  // after minutes; a new connection notices now, and costs a slow server nothing.
  #renewUnless(alive: boolean): void {
    if (alive || this.#users === 0) return;
    this.#client.close();
    this.#client = this.#connect();
  }

  #connect(): Client {
    return new Client(this.#address, this.#credentials, options);
  }

  // Resolves when there is something to be said: connected, or failed to (the call itself then
  // fails at once with the reason).
  #connected(): Promise<void> {
    this.#connecting ??= this.#settled(this.#client).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #settled(client: Client): Promise<void> {
    const channel = client.getChannel();
    const giveUpAt = Date.now() + connectPatienceMs;
    while (true) {
      const state = channel.getConnectivityState(true);
      if (state !== connectivityState.IDLE && state !== connectivityState.CONNECTING) return;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      channel.watchConnectivityState(state, giveUpAt, (error) => resolve(error === undefined));
      if (!await promise) break;
    }
    throw new InferenceError(
      "unavailable",
      `Cannot reach model server ${this.#address}: no answer within ${connectPatienceMs} ms`,
      unavailableHint,
    );
  }
}

async function makeCredentials(protocol: string, tls: TlsConfig): Promise<ChannelCredentials> {
  if (protocol !== "grpcs:") return credentials.createInsecure();
  const { ca, cert, key } = await readTlsFiles(tls);
  return credentials.createSsl(toBuffer(ca), toBuffer(key), toBuffer(cert));
}

function toBuffer(pem: string | null): Buffer | null {
  return pem === null ? null : Buffer.from(pem);
}

function cancelled(signal: AbortSignal): InferenceError {
  return new InferenceError("cancelled", "Cannot finish the request: it was cancelled", "", {
    cause: signal.reason,
  });
}
