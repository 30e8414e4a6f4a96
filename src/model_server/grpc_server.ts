/** gRPC over our own HTTP/2: unary calls of clients that may break off at any byte. */

import { Buffer } from "node:buffer";
import type { MethodDefinition, ServiceDefinition } from "@grpc/proto-loader";
import { type HeaderMap, readUint32, toFrame } from "../inference/codecs.ts";
import { GrpcConversation, type Requests } from "./grpc_conversation.ts";
import {
  type Answer,
  type Budget,
  type Conversation,
  type Conversations,
  type Headers2,
  Http2Session,
  type Outgoing,
  type Responder,
} from "./http2_session.ts";
import { inflate } from "./inflate.ts";
import { maxMessageBytes } from "./request.ts";
import { ServerError, status } from "./server_error.ts";

/** Answers the methods of a service by their names. */
export type Handlers = Readonly<
  // deno-lint-ignore no-explicit-any -- each takes what its own method's message decodes to
  Record<string, (request: any, signal: AbortSignal) => object | Promise<object>>
>;

/** Answers a method in which both sides send messages; resolves at its end, and throws its failure. */
export type StreamHandler = (
  // deno-lint-ignore no-explicit-any -- whatever the method's message decodes to
  requests: AsyncIterable<any>,
  send: (response: object) => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

/** A service and who answers it. */
export type GrpcService = readonly [
  definition: ServiceDefinition,
  handlers: Handlers,
  streams?: Readonly<Record<string, StreamHandler>>,
];

/** A server that listens; disposing of it ends every connection. */
export interface GrpcServer {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

interface StreamMethod extends Omit<Method, "handle"> {
  readonly handle: StreamHandler;
}

interface Method extends Pick<MethodDefinition<object, object>, "responseSerialize"> {
  readonly requestDeserialize: (bytes: Buffer) => object;
  readonly handle: (request: object, signal: AbortSignal) => object | Promise<object>;
}

/** Flag and length before each message. */
const prefixBytes = 5;
/** For all requests that are not whole yet. */
const allRequestsBytes = 2 * maxMessageBytes;
const mostConnections = 2048;
const lookEveryMs = 15_000;
/** A client that has not begun by then, and one that has been silent for so long, is asked or ended. */
const greetingMs = 10_000;
const silentMs = 60_000;
const goneMs = 120_000;

const plainHead = [[":status", "200"], ["content-type", "application/grpc"]] as const;
const answerHead = [...plainHead, ["grpc-accept-encoding", "identity,gzip,deflate"]] as const;
const okTrailers = [["grpc-status", "0"]] as const;

/**
 * Serves the services.
 * @throws {Error} when the port is taken
 */
export function serveGrpc(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  services: readonly GrpcService[],
): GrpcServer {
  const listener = listen(hostname, port);
  const sessions = new Set<Http2Session>();
  const budget: Budget = { perRequest: maxMessageBytes + prefixBytes, left: allRequestsBytes };
  const responder = new GrpcResponder(services);
  const timer = setInterval(() => look(sessions), lookEveryMs);
  Deno.unrefTimer(timer);
  const accepting = accept();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      listener.close();
      for (const session of sessions) session.close();
      await accepting;
    },
  };

  async function accept(): Promise<void> {
    while (true) {
      let tcp: Deno.TcpConn;
      try {
        tcp = await listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
          return;
        }
        // A client that left while it was accepted, or no descriptors: the next one may do better.
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      if (sessions.size >= mostConnections) {
        tcp.close();
        continue;
      }
      const session = new Http2Session(tcp, responder, budget);
      sessions.add(session);
      void session.serve().then(() => sessions.delete(session));
    }
  }
}

function listen(hostname: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (cause) {
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    const taken = cause instanceof Deno.errors.AddrInUse;
    const reason = taken ? "the port is taken, --port names another" : (cause as Error).message;
    throw new Error(`Cannot serve gRPC on ${host}:${port}: ${reason}`, { cause });
  }
}

/** Ends clients that never began, and those that are gone without a word. */
function look(sessions: ReadonlySet<Http2Session>): void {
  const nowMs = performance.now();
  for (const session of sessions) {
    const quietMs = nowMs - session.heardAtMs;
    if (quietMs > (session.greeted ? goneMs : greetingMs)) session.close();
    else if (quietMs > silentMs) session.ping();
  }
}

class GrpcResponder implements Responder {
  readonly tooLarge = statusAnswer(
    status.RESOURCE_EXHAUSTED,
    `Received message larger than max (${maxMessageBytes})`,
  );
  readonly conversations: Conversations = {
    begin: (headers, outgoing) => this.#begin(headers, outgoing),
    head: plainHead,
    tooLarge: statusTrailers(status.RESOURCE_EXHAUSTED, "No room for more requests that wait"),
  };
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #streams: ReadonlyMap<string, StreamMethod>;

  constructor(services: readonly GrpcService[]) {
    this.#streams = new Map(
      services.flatMap(([definition, , streams = {}]) =>
        Object.entries(streams).map(([name, handle]) => {
          const { path, requestDeserialize, responseSerialize } = definition[name]!;
          return [path, { requestDeserialize, responseSerialize, handle } as StreamMethod] as const;
        })
      ),
    );
    this.#methods = new Map(
      services.flatMap(([definition, handlers]) =>
        Object.entries(handlers).map(([name, handle]) => {
          const { path, requestDeserialize, responseSerialize } = definition[name]!;
          return [path, { requestDeserialize, responseSerialize, handle } as Method] as const;
        })
      ),
    );
  }

  refuse(headers: HeaderMap): Answer | null {
    if (!headers.get("content-type")?.startsWith("application/grpc")) {
      return { headers: [[":status", "415"]] };
    }
    const path = headers.get(":path") ?? "";
    if (this.#methods.has(path) || this.#streams.has(path)) return null;
    return statusAnswer(
      status.UNIMPLEMENTED,
      `The server does not implement the method ${path}`,
    );
  }

  #begin(headers: HeaderMap, outgoing: Outgoing): Conversation | null {
    const method = this.#streams.get(headers.get(":path")!);
    if (method === undefined) return null;
    return new GrpcConversation(
      outgoing,
      maxMessageBytes,
      async (requests, signal) => outgoing.end(await hold(method, requests, outgoing, signal)),
    );
  }

  async answer(
    headers: HeaderMap,
    body: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const method = this.#methods.get(headers.get(":path")!)!;
    try {
      const message = await readMessage(body, headers.get("grpc-encoding"));
      const answer = await method.handle(decode(method, message), signal);
      const frame = toFrame(method.responseSerialize(answer));
      return { headers: answerHead, body: frame, trailers: okTrailers };
    } catch (error) {
      if (error instanceof ServerError) {
        const { code, details } = error.grpcStatus;
        return statusAnswer(code, details);
      }
      return statusAnswer(status.UNKNOWN, `Unknown error: ${(error as Error).message}`);
    }
  }
}

/** Has a method answer its requests; resolves with how it ended. Never throws. */
async function hold(
  method: StreamMethod,
  requests: Requests,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Headers2> {
  async function* decoded() {
    for await (const message of requests) yield decode(method, message as Uint8Array<ArrayBuffer>);
  }
  const send = (response: object) => outgoing.send(toFrame(method.responseSerialize(response)));
  try {
    await method.handle(decoded(), send, signal);
    return okTrailers;
  } catch (error) {
    if (!(error instanceof ServerError)) {
      return statusTrailers(status.INTERNAL, (error as Error).message);
    }
    const { code, details } = error.grpcStatus;
    return statusTrailers(code, details);
  }
}

/** The one message of a unary call. */
async function readMessage(
  body: Uint8Array<ArrayBuffer>,
  encoding: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const isWhole = body.byteLength >= prefixBytes &&
    readUint32(body, 1) === body.byteLength - prefixBytes;
  if (!isWhole) throw new ServerError("grpc_message");
  const message = body.subarray(prefixBytes);
  return body[0] === 0 ? message : await inflate(new Blob([message]).stream(), encoding ?? "");
}

function decode(
  { requestDeserialize }: Omit<Method, "handle">,
  message: Uint8Array<ArrayBuffer>,
): object {
  try {
    return requestDeserialize(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
  } catch (cause) {
    throw new ServerError("grpc_message", undefined, { cause });
  }
}

/** An answer that is nothing but a status. */
function statusAnswer(code: number, details: string): Answer {
  return { headers: [...plainHead, ...statusTrailers(code, details)] };
}

function statusTrailers(code: number, details: string): Headers2 {
  return [["grpc-status", String(code)], ["grpc-message", percentEncoded(details)]];
}

/** As gRPC wants it: all but printable ASCII by the bytes of UTF-8. */
function percentEncoded(text: string): string {
  return Array.from(
    new TextEncoder().encode(text),
    (byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}
