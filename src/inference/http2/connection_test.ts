import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Http2Connection } from "./connection.ts";
import { dial } from "./dial.ts";

const tls = { ca: null, cert: null, key: null };
const never = new AbortController().signal;
const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join(
  "",
);

Deno.test("post() carries bodies larger than every window, both ways, many at once", async () => {
  for (const initialWindowSize of [1000, 65_535, 1 << 20]) {
    await withServer({ settings: { initialWindowSize } }, echo, async (connection) => {
      const answers = await Promise.all([0, 1, 16_384, 300_001, 2_000_000].map(async (size) => {
        const body = new Uint8Array(size).map((_, index) => index % 251);
        const answer = await connection.post("/echo", [], body, never);
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
    const { headers, trailers, body } = await connection.post(
      "/x",
      [["x-request", printable.trim()]],
      new Uint8Array(10),
      never,
    );
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
      () => connection.post("/", [], new Uint8Array(1000), never),
    );
    equal((await Promise.all(requests)).length, 12);
    equal(most, 2);
  });
});

Deno.test("post() that waits for another request to end leaves when its signal aborts", async () => {
  const release = Promise.withResolvers<void>();
  const paths: unknown[] = [];
  await withServer({ settings: { maxConcurrentStreams: 1 } }, async (stream, headers) => {
    paths.push(headers[":path"]);
    await drain(stream);
    await release.promise;
    stream.respond({ ":status": 200 });
    stream.end();
  }, async (connection) => {
    const controller = new AbortController();
    const first = connection.post("/first", [], new Uint8Array(1), never);
    const second = connection.post("/second", [], new Uint8Array(1), controller.signal);
    const third = connection.post("/third", [], new Uint8Array(1), never);
    controller.abort(new Error("enough"));
    await rejects(second, /enough/);
    release.resolve();
    await Promise.all([first, third]);
    deepEqual(paths, ["/first", "/third"]);
  });
});

Deno.test("post() is reset on the wire when its signal aborts", async () => {
  const reset = Promise.withResolvers<number>();
  await withServer({}, (stream) => {
    stream.on("close", () => reset.resolve(stream.rstCode));
  }, async (connection) => {
    const controller = new AbortController();
    const request = connection.post("/", [], new Uint8Array(300_000), controller.signal);
    controller.abort(new Error("enough"));
    await rejects(request, /enough/);
    equal(await reset.promise, 8);
    ok(connection.usable);
  });
});

Deno.test("post() rejects when the server breaks off the request, or all of them", async () => {
  await withServer({}, (stream, headers) => {
    if (headers[":path"] === "/reset") stream.close(2);
    else stream.session?.destroy();
  }, async (connection) => {
    await rejects(connection.post("/reset", [], new Uint8Array(1), never), /code 2/);
    ok(connection.usable);
    await rejects(connection.post("/destroy", [], new Uint8Array(1), never));
    ok(!connection.usable);
    await rejects(connection.post("/after", [], new Uint8Array(1), never));
  });
});

Deno.test("dial() gives up on a server that speaks something else, or nothing", async () => {
  for (const greeting of ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", ""]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept();
    const url = new URL(`http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`);
    const dialled = dial(url, tls, 300).then(() => null, (error: Error) => error.message);
    using peer = await accepted;
    await peer.write(new TextEncoder().encode(greeting));
    match(await dialled ?? "", greeting === "" ? /no answer within 300 ms/ : /Cannot read a frame/);
  }
});

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
  const connection = await dial(new URL(`http://127.0.0.1:${port}`), tls, 3000);
  try {
    await run(connection);
  } finally {
    connection.close(new Error("the test is over"));
    await new Promise((resolve) => server.close(resolve));
  }
}
