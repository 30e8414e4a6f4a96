/** A stream that both sides write to for as long as they like. */

import type { Http2Request, Http2Stream } from "./exchange.ts";
import type { HeaderMap } from "./hpack.ts";
import type { BodyPart, SendWindows } from "./send_windows.ts";

/** What becomes of a {@link Duplex}. */
export interface DuplexEvents {
  /** Bytes came, in memory that is used again; what this throws is for the caller to catch. */
  onData(piece: Uint8Array, headers: HeaderMap): void;
  /** The peer's side is whole; `trailers` equal `headers` when it sent nothing else. */
  onFinish(headers: HeaderMap, trailers: HeaderMap): void;
  /** It ended otherwise. */
  onFail(reason: Error): void;
  /** The peer takes no new streams; this one may go on for a while. */
  onRetire(): void;
}

/** One stream; what is sent before it could begin waits. */
export class Duplex implements Http2Stream {
  readonly request: Pick<Http2Request, "path" | "headers">;
  id = 0;
  headers: HeaderMap | undefined;
  unacknowledged = 0;
  readonly #events: DuplexEvents;
  #windows: SendWindows | undefined;
  readonly #early: BodyPart[] = [];
  #closed = false;

  constructor(request: Pick<Http2Request, "path" | "headers">, events: DuplexEvents) {
    this.request = request;
    this.#events = events;
  }

  /** Sends a part of our side. */
  send(part: BodyPart): void {
    if (this.#windows) this.#windows.push(this.id, part);
    else this.#early.push(part);
  }

  /** Does without a part's pieces, as {@link SendWindows.withdraw}. */
  withdraw(part: BodyPart): void {
    this.#windows?.withdraw(this.id, part);
    const index = this.#early.indexOf(part);
    if (index >= 0) this.#early.splice(index, 1);
  }

  /** Ends our side behind what was sent. */
  close(): void {
    this.#closed = true;
    this.#windows?.close(this.id);
  }

  start(windows: SendWindows, head: Uint8Array): void {
    this.#windows = windows;
    windows.open(this.id, head);
    for (const part of this.#early.splice(0)) windows.push(this.id, part);
    if (this.#closed) windows.close(this.id);
  }

  receive(piece: Uint8Array): void {
    this.#events.onData(piece, this.headers ?? new Map());
  }

  finish(trailers: HeaderMap): void {
    this.#events.onFinish(this.headers ?? trailers, trailers);
  }

  fail(reason: Error): void {
    this.#events.onFail(reason);
  }

  retire(): void {
    this.#events.onRetire();
  }

  release(): void {
    // What came was handed on at once.
  }
}
