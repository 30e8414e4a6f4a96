/**
 * A gRPC server for unary calls that answers at once: as cheap as can be, so that a measurement is of
 * the client. It stands on the HTTP/2 session of the model server stand-in, because `node:http2`, on
 * which `@grpc/grpc-js` serves, took its process down after some thirty connections.
 */

import { fromFrame, toFrame } from "../src/inference/transport/grpc_frame.ts";
import type { HeaderMap } from "../src/inference/http2/hpack.ts";
import { type Answer, Http2Session, type Responder } from "../src/model_server/http2_session.ts";

/** Answers one method. */
export interface GrpcHandler {
  /** Whether `answer` looks at the request; else it is never even put together. */
  readonly reads: boolean;
  /** The answer's message. */
  answer(request: Uint8Array): Uint8Array;
}

const headers = [[":status", "200"], ["content-type", "application/grpc"]] as const;
const trailers = [["grpc-status", "0"]] as const;
const unimplemented = "12";
const tooLarge = "8";

/** Listens on a port of this machine (0 = any) and serves for as long as the process lives. */
export function serveGrpc(port: number, handlers: ReadonlyMap<string, GrpcHandler>): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const responder = respondWith(handlers);
  const budget = { perRequest: Infinity, left: Infinity };
  void accept();
  return listener.addr.port;

  async function accept(): Promise<void> {
    for await (const tcp of listener) void new Http2Session(tcp, responder, budget).serve();
  }
}

function respondWith(handlers: ReadonlyMap<string, GrpcHandler>): Responder {
  const handlerOf = (request: HeaderMap) => handlers.get(request.get(":path") ?? "");
  const respond = (message: Uint8Array): Answer => ({ headers, body: toFrame(message), trailers });
  return {
    tooLarge: { headers: [...headers, ["grpc-status", tooLarge]] },
    // Of a request that is answered at once, the body is not kept.
    refuse(request) {
      const handler = handlerOf(request);
      if (!handler) return { headers: [...headers, ["grpc-status", unimplemented]] };
      return handler.reads ? null : respond(handler.answer(new Uint8Array()));
    },
    answer: (request, body) =>
      Promise.resolve(respond(handlerOf(request)!.answer(fromFrame(body)))),
  };
}
