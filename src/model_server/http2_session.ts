/**
 * The server's side of one HTTP/2 connection: requests read to their end and answers with trailers,
 * and calls in which both sides send as long as they like.
 *
 * On the frames of our own client, because node:http2, on which `@grpc/grpc-js` serves, keeps some
 * 600 KB of every client that breaks off in a large request, and has taken its process down; and
 * `Deno.serve` has no trailers, in which gRPC puts its status.
 */

import { concatBytes } from "../concat_bytes.ts";
import {
  encodeHeaders,
  frameFlag,
  FrameLink,
  frameType,
  type HeaderMap,
  HeaderTable,
  type Http2Frame,
  largestWindow,
  makeFrame,
  preface,
  readUint32,
  setting,
  uint32,
  unpad,
} from "../inference/codecs.ts";

/** Headers or trailers, names in lower case. */
export type Headers2 = readonly (readonly [name: string, value: string])[];

/** An answer; one without a body is all headers. */
export interface Answer {
  readonly headers: Headers2;
  readonly body?: Uint8Array;
  readonly trailers?: Headers2;
}

/** A call that is answered while the client still sends. */
export interface Conversation {
  /** Bytes came, in memory that is used again. */
  receive(bytes: Uint8Array): void;
  /** The client sends no more. */
  finish(): void;
  /** The client has broken off, or is gone; nothing more reaches it. */
  abort(): void;
}

/** The server's side of a {@link Conversation}. */
export interface Outgoing {
  /** Resolves when the client has allowed for all of it, and when it is gone. */
  send(bytes: Uint8Array): Promise<void>;
  /** Ends the call. */
  end(trailers: Headers2): void;
  /** So many of the bytes that came are done with: the client may send more. */
  consumed(byteLength: number): void;
}

/** Calls that are answered while they still come. */
export interface Conversations {
  /** Begins one; null when the request is read to its end. */
  begin(headers: HeaderMap, outgoing: Outgoing): Conversation | null;
  /** What the answer begins with. */
  readonly head: Headers2;
  /** How it ends when there is no room for what the client sends. */
  readonly tooLarge: Headers2;
}

/** Answers requests. */
export interface Responder {
  /** Null when the request is welcome; else its body is not kept. */
  refuse(headers: HeaderMap): Answer | null;
  /** Calls that are answered while they still come; absent: there are none. */
  readonly conversations?: Conversations;
  /** Never throws; what it says after the signal, which the client breaks off by, is not sent. */
  answer(
    headers: HeaderMap,
    body: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Answer>;
  /** For a body that is larger than a request may be, or than there is room for. */
  readonly tooLarge: Answer;
}

/** Memory for requests that are not whole yet, shared by all connections, in bytes. */
export interface Budget {
  /** Of one request. */
  readonly perRequest: number;
  /** What is left for all. */
  left: number;
}

interface Call {
  readonly id: number;
  readonly headers: HeaderMap;
  /** Null of a request that is read to its end. */
  conversation: Conversation | null;
  /** Bytes of a conversation that were done with since the client was last allowed more. */
  unacknowledged: number;
  readonly parts: Uint8Array[];
  /** Counted against the budget. */
  byteLength: number;
  /** Of a request that is whole: ends the work on its answer. */
  work: AbortController | null;
  /** Set when the body does not matter any more. */
  refusal: Answer | null;
  /** By how much the client has opened its window for the answer. */
  window: number;
}

const maxStreams = 100;
/** Calls that were broken off run on in the model; more than these are not begun. */
const maxRunning = 2 * maxStreams;
const maxBlockBytes = 65_536;
/** A client that does not read is not read from either. */
const maxUnsentBytes = 1 << 20;
const refusedStream = 7;

/** A connection, from its first byte on. */
export class Http2Session {
  readonly #tcp: Deno.TcpConn;
  readonly #responder: Responder;
  readonly #budget: Budget;
  readonly #table = new HeaderTable();
  /** Requests that have not been answered, by the number of their stream. */
  readonly #calls = new Map<number, Call>();
  readonly #link: FrameLink;
  /** The beginning of a header block that is not whole yet. */
  #block: { readonly stream: number; readonly flags: number; parts: Uint8Array[] } | null = null;
  #lastStream = 0;
  #running = 0;
  /** Conversations, whose bodies are open in the windows as well. */
  #talking = 0;
  /** Resolve what waits to be sent to a client that goes. */
  readonly #unsent = new Map<Call, () => void>();
  /** Whether it has shown that it speaks HTTP/2. */
  greeted = false;

  constructor(tcp: Deno.TcpConn, responder: Responder, budget: Budget) {
    this.#tcp = tcp;
    this.#responder = responder;
    this.#budget = budget;
    this.#link = new FrameLink(tcp, {
      maxUnsentBytes,
      onFrame: (frame) => this.#receive(frame),
      onBroken: () => this.close(),
    });
  }

  /** When the client last sent something, on the clock of `performance.now()`. */
  get heardAtMs(): number {
    return this.#link.lastReadAtMs;
  }

  /** Serves until the client goes, or breaks the protocol; never throws. */
  async serve(): Promise<void> {
    try {
      this.#tcp.setNoDelay();
      await this.#readPreface();
      this.greeted = true;
      this.#link.greet([
        [setting.headerTableSize, 0],
        [setting.maxConcurrentStreams, maxStreams],
      ]);
      await this.#link.readAll();
    } catch {
      // It went away, or spoke nonsense: its own loss.
    }
    this.close();
  }

  /** Asks the client for a sign of life. */
  ping(): void {
    if (this.greeted) {
      this.#link.write(makeFrame(frameType.ping, frameFlag.none, 0, new Uint8Array(8)));
    }
  }

  /** Ends it at once; answers that are on their way are dropped. */
  close(): void {
    if (this.#link.closed) return;
    this.#link.close();
    for (const id of [...this.#calls.keys()]) this.#drop(id);
  }

  async #readPreface(): Promise<void> {
    const bytes = new Uint8Array(preface.byteLength);
    for (let at = 0; at < bytes.byteLength;) {
      const length = await this.#tcp.read(bytes.subarray(at));
      if (length === null) throw new Error("it left at once");
      at += length;
      const begun = bytes.subarray(0, at);
      if (!begun.every((byte, index) => byte === preface[index])) throw new Error("no HTTP/2");
    }
  }

  #receive(frame: Http2Frame): void {
    const { type, stream, payload } = frame;
    if (
      this.#block !== null && (type !== frameType.continuation || stream !== this.#block.stream)
    ) {
      throw new Error("a header block was not continued");
    }
    switch (type) {
      case frameType.data:
        return this.#receiveData(frame);
      case frameType.headers:
      case frameType.continuation:
        return this.#receiveHeaders(frame);
      case frameType.rstStream:
        this.#link.windows.drop(stream);
        return this.#drop(stream);
      case frameType.windowUpdate: {
        const increment = readUint32(payload, 0) & largestWindow;
        const call = this.#calls.get(stream);
        // Of an answer that is not begun, it is remembered until then.
        if (call && call.conversation === null) call.window += increment;
        else this.#link.windows.grow(stream, increment);
      }
    }
  }

  #receiveHeaders(frame: Http2Frame): void {
    const { type, flags, stream } = frame;
    const isContinued = type === frameType.continuation;
    if (isContinued && this.#block === null) throw new Error("no header block to continue");
    const block = this.#block ??= { stream, flags, parts: [] };
    // The frame lies in memory that is used again.
    block.parts.push((isContinued ? frame.payload : unpad(frame)).slice());
    const size = block.parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (size > maxBlockBytes) throw new Error("its headers are too large");
    if ((flags & frameFlag.endHeaders) === 0) return;
    this.#block = null;
    // Always, since what it remembers is needed for the blocks that follow.
    const headers = this.#table.decode(concatBytes(block.parts));
    const isEnd = (block.flags & frameFlag.endStream) !== 0;
    if (stream > this.#lastStream) this.#begin(stream, headers);
    if (isEnd) this.#finish(stream);
  }

  #begin(id: number, headers: HeaderMap): void {
    if (id % 2 === 0) throw new Error("its streams have odd numbers");
    this.#lastStream = id;
    if (
      this.#calls.size + this.#link.windows.waiting - this.#talking >= maxStreams ||
      this.#running >= maxRunning
    ) {
      this.#link.write(makeFrame(frameType.rstStream, frameFlag.none, id, uint32(refusedStream)));
      return;
    }
    const refusal = this.#responder.refuse(headers);
    const call: Call = {
      ...{ id, headers, conversation: null, unacknowledged: 0, parts: [], byteLength: 0 },
      ...{ work: null, refusal, window: 0 },
    };
    this.#calls.set(id, call);
    if (refusal === null) this.#converse(call);
  }

  #converse(call: Call): void {
    const { conversations } = this.#responder;
    const { id, headers } = call;
    if (!conversations) return;
    const windows = () => this.#calls.get(id) === call ? this.#link.windows : null;
    const conversation = conversations.begin(headers, {
      send: (bytes) =>
        new Promise((resolve) => {
          const open = windows();
          if (open === null) return resolve();
          this.#unsent.set(call, resolve);
          open.push(id, { pieces: [bytes], onSent: resolve });
        }),
      end: (trailers) => this.#endConversation(call, trailers),
      consumed: (byteLength) => {
        if (windows() === null) return;
        this.#budget.left += byteLength;
        call.byteLength -= byteLength;
        this.#link.received(call, byteLength);
      },
    });
    if (conversation === null) return;
    call.conversation = conversation;
    const head = encodeHeaders(conversations.head);
    this.#link.windows.open(id, makeFrame(frameType.headers, frameFlag.endHeaders, id, head));
    this.#talking++;
  }

  #endConversation(call: Call, trailers: Headers2): void {
    const { id } = call;
    if (this.#calls.get(id) !== call) return;
    const flags = frameFlag.endHeaders | frameFlag.endStream;
    this.#link.windows.close(id, makeFrame(frameType.headers, flags, id, encodeHeaders(trailers)));
    this.#drop(id);
  }

  #receiveData(frame: Http2Frame): void {
    const { stream, flags } = frame;
    if (stream === 0 || stream > this.#lastStream) throw new Error("data of no request");
    const call = this.#calls.get(stream);
    if (call?.work) throw new Error("data behind the end of a request");
    if (call?.conversation) this.#hand(call, call.conversation, frame);
    else if (call !== undefined && call.refusal === null) this.#keep(call, unpad(frame));
    if ((flags & frameFlag.endStream) !== 0) this.#finish(stream);
  }

  #hand(call: Call, conversation: Conversation, frame: Http2Frame): void {
    const part = unpad(frame);
    if (part.byteLength > this.#budget.left) {
      conversation.abort();
      return this.#endConversation(call, this.#responder.conversations!.tooLarge);
    }
    this.#budget.left -= part.byteLength;
    call.byteLength += part.byteLength;
    conversation.receive(part);
  }

  #keep(call: Call, part: Uint8Array): void {
    const { perRequest, left } = this.#budget;
    if (call.byteLength + part.byteLength > perRequest || part.byteLength > left) {
      call.refusal = this.#responder.tooLarge;
      return this.#release(call);
    }
    call.parts.push(part.slice());
    call.byteLength += part.byteLength;
    this.#budget.left -= part.byteLength;
  }

  /** The request is whole. */
  #finish(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined || call.work !== null) return;
    if (call.conversation) return call.conversation.finish();
    call.work = new AbortController();
    if (call.refusal !== null) return this.#answer(id, call, call.refusal);
    const body = concatBytes(call.parts.splice(0));
    // It is there until it is answered, even if the client breaks off.
    const { byteLength } = call;
    call.byteLength = 0;
    this.#running++;
    void this.#responder.answer(call.headers, body, call.work.signal).then((answer) => {
      this.#running--;
      this.#budget.left += byteLength;
      this.#answer(id, call, answer);
    });
  }

  #answer(id: number, call: Call, { headers, body, trailers }: Answer): void {
    // It was broken off meanwhile.
    if (this.#calls.get(id) !== call) return;
    this.#drop(id);
    if (body === undefined) {
      const flags = frameFlag.endHeaders | frameFlag.endStream;
      return this.#link.write(makeFrame(frameType.headers, flags, id, encodeHeaders(headers)));
    }
    const head = makeFrame(frameType.headers, frameFlag.endHeaders, id, encodeHeaders(headers));
    const tail = trailers && makeFrame(
      ...[frameType.headers, frameFlag.endHeaders | frameFlag.endStream, id] as const,
      encodeHeaders(trailers),
    );
    this.#link.windows.send(id, head, [body], tail);
    if (call.window > 0) this.#link.windows.grow(id, call.window);
  }

  #drop(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    call.work?.abort();
    if (call.conversation) {
      this.#talking--;
      call.conversation.abort();
      this.#unsent.get(call)?.();
      this.#unsent.delete(call);
    }
    this.#release(call);
  }

  #release(call: Call): void {
    this.#budget.left += call.byteLength;
    call.byteLength = 0;
    call.parts.length = 0;
  }
}
