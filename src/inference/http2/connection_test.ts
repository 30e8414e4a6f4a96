import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { Http2Connection } from "./connection.ts";
import { dial } from "./dial.ts";
import { frameFlag, frameType, makeFrame } from "./frame.ts";
import { encodeHeaders } from "./hpack.ts";
import { keep, post } from "../../../tests/support/http2_post.ts";

const tls = { ca: null, cert: null, key: null };

const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join(
  "",
);

Deno.test("post() carries bodies larger than every window, both ways, many at once", async () => {
  for (const initialWindowSize of [1000, 65_535, 1 << 20]) {
    await withServer({ settings: { initialWindowSize } }, echo, async (connection) => {
      const answers = await Promise.all([0, 1, 16_384, 300_001, 2_000_000].map(async (size) => {
        const body = new Uint8Array(size).map((_, index) => index % 251);
        // In two pieces, cut where no frame is.
        const pieces = [body.subarray(0, 1234), body.subarray(1234)];
        const { answer: reading } = connection.post(
          { path: "/echo", headers: [], body: pieces },
          keep,
        );
        const answer = await reading;
        ok(equalBytes(answer.body, body), `${answer.body.byteLength} bytes of ${size} came back`);
        return answer.headers.get(":status");
      }));
      deepEqual(answers, ["200", "200", "200", "200", "200"]);
    });
  }
});

Deno.test("post() reads headers of any printable text and any length, and trailers", async () => {
  const long = "a#".repeat(20_000);
  await withServer({}, async (stream, headers) => {
    equal(headers["x-request"], printable.trim());
    stream.respond({ ":status": 200, "x-text": printable.trim() }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-long": long, "grpc-status": "5" }));
    await drain(stream);
    stream.end("done");
  }, async (connection) => {
    const { headers, trailers, body } = await connection.post({
      path: "/x",
      headers: [["x-request", printable.trim()]],
      body: [new Uint8Array(10)],
    }, keep).answer;
    equal(headers.get("x-text"), printable.trim());
    equal(trailers.get("x-long"), long);
    equal(trailers.get("grpc-status"), "5");
    equal(new TextDecoder().decode(body), "done");
  });
});

Deno.test("post() keeps to the number of requests that the server takes at once", async () => {
  let now = 0;
  let most = 0;
  await withServer({ settings: { maxConcurrentStreams: 2 } }, async (stream) => {
    most = Math.max(most, ++now);
    await drain(stream);
    now--;
    stream.respond({ ":status": 200 });
    stream.end();
  }, async (connection) => {
    const requests = Array.from(
      { length: 12 },
      () => post(connection, "/", 1000).answer,
    );
    equal((await Promise.all(requests)).length, 12);
    equal(most, 2);
  });
});

Deno.test("cancel() takes a request that waits for another to end out of the line", async () => {
  const release = Promise.withResolvers<void>();
  const paths: unknown[] = [];
  await withServer({ settings: { maxConcurrentStreams: 1 } }, async (stream, headers) => {
    paths.push(headers[":path"]);
    await drain(stream);
    await release.promise;
    stream.respond({ ":status": 200 });
    stream.end();
  }, async (connection) => {
    const first = post(connection, "/first");
    const second = post(connection, "/second");
    const third = post(connection, "/third");
    connection.cancel(second, new Error("enough"));
    await rejects(second.answer, /enough/);
    release.resolve();
    await Promise.all([first.answer, third.answer]);
    deepEqual(paths, ["/first", "/third"]);
  });
});

Deno.test("cancel() resets a request on the wire, and leaves one alone that has ended", async () => {
  const reset = Promise.withResolvers<number>();
  await withServer({}, (stream) => {
    stream.on("close", () => reset.resolve(stream.rstCode));
  }, async (connection) => {
    const request = post(connection, "/", 300_000);
    connection.cancel(request, new Error("enough"));
    await rejects(request.answer, /enough/);
    equal(await reset.promise, 8);
    connection.cancel(request, new Error("again"));
    await rejects(request.answer, /enough/);
    ok(connection.usable);
  });
});

Deno.test("post() rejects when the server breaks off the request, or all of them", async () => {
  await withServer({}, (stream, headers) => {
    if (headers[":path"] === "/reset") stream.close(2);
    else stream.session?.destroy();
  }, async (connection) => {
    await rejects(post(connection, "/reset").answer, /code 2/);
    ok(connection.usable);
    await rejects(post(connection, "/destroy").answer);
    ok(!connection.usable);
    await rejects(post(connection, "/after").answer);
  });
});

Deno.test("post() keeps bodies apart while others are given up half-way", async () => {
  for (const initialWindowSize of [5000, 1 << 20]) {
    // The server's side of what is given up ends in an error there.
    const echoSome = (stream: ServerHttp2Stream) => echo(stream).catch(() => {});
    await withServer({ settings: { initialWindowSize } }, echoSome, async (connection) => {
      for (let round = 0; round < 10; round++) {
        const exchanges = Array.from({ length: 12 }, (_, index) => {
          const body = new Uint8Array(index * 9000 + round).fill(12 * round + index + 1);
          return {
            body,
            exchange: connection.post({ path: "/", headers: [], body: [body] }, keep),
          };
        });
        // A few turns of the event loop, in which some have begun and some have ended.
        for (let turn = 0; turn < round; turn++) {
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        for (const [index, { body, exchange }] of exchanges.entries()) {
          if (index % 2 === 0) {
            ok(
              equalBytes((await exchange.answer).body, body),
              `${body.byteLength} bytes came back`,
            );
            continue;
          }
          connection.cancel(exchange, new Error("enough"));
          // Its owner may use the memory again from here on.
          body.fill(0);
          await exchange.answer.catch(() => {});
        }
      }
    });
  }
});

Deno.test("post() leaves what is written as it is until the write is done", async () => {
  const settings = makeFrame(frameType.settings, frameFlag.none, 0, new Uint8Array());
  const closed = Promise.withResolvers<null>();
  const written: Uint8Array[] = [];
  let reads = 0;
  const connection = await Http2Connection.begin({
    read(space) {
      if (reads++ > 0) return closed.promise;
      space.set(settings);
      return Promise.resolve(settings.byteLength);
    },
    async write(bytes) {
      // A slow network looks at the bytes late.
      await new Promise((resolve) => setTimeout(resolve, 5));
      written.push(bytes.slice());
      return bytes.byteLength;
    },
    close: () => closed.resolve(null),
  }, new URL("http://localhost"));
  const until = async (count: number) => {
    while (written.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  // The beginning and the acknowledgement of the settings come before.
  await until(2);
  const exchanges = [1, 2, 3, 4].map((value) =>
    connection.post({ path: "/", headers: [], body: [new Uint8Array(5000).fill(value)] }, keep)
  );
  await until(6);
  deepEqual(written.slice(2).map((bytes) => [...new Set(bytes.subarray(-5000))]), [
    [1],
    [2],
    [3],
    [4],
  ]);
  connection.close(new Error("enough"));
  for (const { answer } of exchanges) await rejects(answer, /enough/);
});

Deno.test("post() rejects with what reading the answer threw, and keeps to the next ones", async () => {
  await withServer({}, echo, async (connection) => {
    const request = { path: "/echo", headers: [], body: [Uint8Array.of(7)] };
    const unread = connection.post(request, () => {
      throw new TypeError("unreadable");
    });
    await rejects(unread.answer, /unreadable/);
    deepEqual([...(await connection.post(request, keep).answer).body], [7]);
  });
});

Deno.test("post() reads answers of any length in memory that earlier ones left", async () => {
  await withServer({}, echo, async (connection) => {
    for (const size of [50_000, 3, 0, 17_000, 200_000, 5]) {
      const body = new Uint8Array(size).map((_, index) => (index + size) % 251);
      const { answer } = connection.post({ path: "/echo", headers: [], body: [body] }, keep);
      ok(equalBytes((await answer).body, body), `${size} bytes`);
    }
  });
});

Deno.test("dial() gives up on a server that speaks something else, or nothing", async () => {
  for (const greeting of ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", ""]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept();
    const url = new URL(`http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`);
    const dialled = dial({ url, tls, patienceMs: 300 }).then(
      () => null,
      (error: Error) => error.message,
    );
    using peer = await accepted;
    await peer.write(new TextEncoder().encode(greeting));
    match(await dialled ?? "", greeting === "" ? /no answer within 300 ms/ : /Cannot read a frame/);
  }
});

Deno.test("post() reads trailers of megabytes, refuses longer ones, and keeps to the next answers", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const dialled = dial({ url: new URL(`http://127.0.0.1:${port}`), tls, patienceMs: 3000 });
  using peer = await listener.accept();
  const discarded = discard(peer);
  await writeAll(peer, makeFrame(frameType.settings, frameFlag.none, 0, new Uint8Array()));
  const connection = await dialled;
  for (const [size, id] of [[3_000_000, 1], [5_000_000, 3], [10, 5]] as const) {
    const { answer } = post(connection, "/");
    const block = encodeHeaders([["grpc-status", "13"], ["grpc-message", "X".repeat(size)]]);
    const answered = answer.then(({ trailers }) => trailers, (error: Error) => error);
    await writeAll(peer, headerFrames(id, block));
    const outcome = await answered;
    if (size === 5_000_000) {
      equal(String(outcome), "UnreadableAnswerError: its headers are larger than 4 MiB");
    } else {
      ok(outcome instanceof Map, String(outcome));
      equal(outcome.get("grpc-status"), "13");
      match(outcome.get("grpc-message"), /^X+$/);
    }
    ok(connection.usable);
  }
  connection.close(new Error("the test is over"));
  await discarded;
});

/** A block that ends its stream, in as many frames as it takes. */
function headerFrames(id: number, block: Uint8Array): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let begin = 0; begin < block.byteLength; begin += 16_384) {
    const end = begin + 16_384;
    const last = end >= block.byteLength ? frameFlag.endHeaders : frameFlag.none;
    const flags = begin === 0 ? last | frameFlag.endStream : last;
    const type = begin === 0 ? frameType.headers : frameType.continuation;
    frames.push(makeFrame(type, flags, id, block.subarray(begin, end)));
  }
  return Uint8Array.from(frames.flatMap((frame) => [...frame]));
}

async function writeAll(peer: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) done += await peer.write(bytes.subarray(done));
}

async function discard(peer: Deno.Conn): Promise<void> {
  const space = new Uint8Array(65_536);
  while (await peer.read(space) !== null);
}

async function echo(stream: ServerHttp2Stream): Promise<void> {
  const body = await drain(stream);
  stream.respond({ ":status": 200 });
  stream.end(body);
}

async function drain(stream: ServerHttp2Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return await new Blob(chunks as BlobPart[]).bytes();
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}

async function withServer(
  options: Parameters<typeof createServer>[0],
  handle: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => unknown,
  run: (connection: Http2Connection) => Promise<void>,
): Promise<void> {
  const server: Http2Server = createServer(options);
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    void handle(stream as ServerHttp2Stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connection = await dial({
    url: new URL(`http://127.0.0.1:${port}`),
    tls,
    patienceMs: 3000,
  });
  try {
    await run(connection);
  } finally {
    connection.close(new Error("the test is over"));
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("post() sends the headers of each request, of the same path or another", async () => {
  const seen: unknown[] = [];
  await withServer({}, async (stream, headers) => {
    seen.push([headers[":path"], headers["x-n"], headers[":method"], headers[":scheme"]]);
    await drain(stream);
    stream.respond({ ":status": 200 });
    stream.end();
  }, async (connection) => {
    const [one, two] = [1, 2].map((n) => [["x-n", String(n)]] as const);
    for (const [path, headers] of [["/a", one], ["/a", two], ["/b", two], ["/b", two]] as const) {
      await connection.post({ path, headers: headers!, body: [] }, keep).answer;
    }
  });
  deepEqual(seen, [
    ...[["/a", "1"], ["/a", "2"], ["/b", "2"], ["/b", "2"]].map((one) => [...one, "POST", "http"]),
  ]);
});
