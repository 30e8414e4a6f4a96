/** Requests over HTTP/2 whose answers are kept. */

import type { Http2Connection } from "../../src/inference/http2/connection.ts";
import type { Exchange, Http2Answer } from "../../src/inference/http2/exchange.ts";

/** Asks with a body of so many bytes. */
export function post(connection: Http2Connection, path: string, size = 1): Exchange<Http2Answer> {
  return connection.post({ path, headers: [], body: [new Uint8Array(size)] }, keep);
}

/** The answer, its body in memory of its own. */
export function keep(answer: Http2Answer): Http2Answer {
  return { ...answer, body: answer.body.slice() };
}
