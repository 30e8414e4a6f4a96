/** Cameras that do what no real one does, or not when it is asked. */

/** Something that listens on this machine. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** A camera of a few lines, told when its test is over; whatever goes wrong in it is its reader's doing. */
export function serve(
  answer: (connection: Deno.TcpConn, over: Promise<void>) => Promise<void>,
): Listening {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const over = Promise.withResolvers<void>();
  const serving = (async () => {
    const answering: Promise<void>[] = [];
    for await (const connection of listener) {
      open.add(connection);
      answering.push(answer(connection, over.promise).catch(() => {}));
    }
    await Promise.all(answering);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      over.resolve();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // It is closed already.
        }
      }
      await serving;
    },
  };
}

/** What ffmpeg asks of an RTSP camera. */
export interface RtspRequest {
  readonly method: string;
  /** Answers it. What a test does not answer is answered as is usual. */
  answer(headers: Record<string, string>, body?: string, status?: string): Promise<void>;
}

/** The connection on which it was asked. */
export interface RtspConnection {
  readonly writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Resolves when the test has seen enough. */
  readonly over: Promise<void>;
}

/** An RTSP camera whose answers a test gives where it likes. */
export function scriptedCamera(
  script: (connection: RtspConnection, request: RtspRequest) => Promise<void>,
): Listening {
  return serve(async (connection, over) => {
    const reader = connection.readable.pipeThrough(new TextDecoderStream()).getReader();
    const writer = connection.writable.getWriter();
    for (;;) {
      const { value = "", done } = await reader.read();
      if (done) return;
      // Receiver reports are of no interest.
      const [, method, cseq = ""] = /^([A-Z]+) rtsp:.*?CSeq: (\d+)/s.exec(value) ?? [];
      if (method === undefined) continue;
      let answered = false;
      const answer: RtspRequest["answer"] = async (headers, body = "", status = "200 OK") => {
        answered = true;
        const lines = Object.entries({ CSeq: cseq, ...headers }).map(([name, value]) =>
          `${name}: ${value}\r\n`
        );
        await writer.write(encode(`RTSP/1.0 ${status}\r\n${lines.join("")}\r\n${body}`));
      };
      await script({ writer, over }, { method, answer });
      if (!answered) await answer(usual[method] ?? {});
    }
  });
}

const usual: Readonly<Record<string, Record<string, string>>> = {
  OPTIONS: { Public: "DESCRIBE, SETUP, PLAY, TEARDOWN" },
  SETUP: { Transport: "RTP/AVP/TCP;unicast;interleaved=0-1", Session: "1" },
  PLAY: { Session: "1" },
};

/** Describes a stream of one medium. */
export function describe(medium: string): [headers: Record<string, string>, body: string] {
  const body = `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n${medium}a=control:track1\r\n`;
  const headers = { "Content-Type": "application/sdp", "Content-Length": String(body.length) };
  return [headers, body];
}

/** Bytes of a text. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
