import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { withHttp2Peer } from "../../../tests/support/with_http2_peer.ts";
import type { Http2Connection } from "./connection.ts";
import { dial } from "./dial.ts";
import { Duplex, type DuplexEvents } from "./duplex.ts";
import type { HeaderMap } from "./hpack.ts";
import type { SendWindows } from "./send_windows.ts";
import { frameFlag, frameType, makeFrame, setting, uint32 } from "./frame.ts";
import { concatBytes } from "../../concat_bytes.ts";

const tls = { ca: null, cert: null, key: null };

/** A stream with all that came of it. */
interface Talk {
  readonly duplex: Duplex;
  readonly bytes: () => Uint8Array;
  /** Resolves with the trailers, or the reason for another end. */
  readonly ended: Promise<HeaderMap | Error>;
  /** Resolves when so many bytes have come. */
  came(length: number): Promise<void>;
  readonly retired: Promise<void>;
}

function talk(connection: Http2Connection): Talk {
  const pieces: Uint8Array[] = [];
  const ended = Promise.withResolvers<HeaderMap | Error>();
  const retired = Promise.withResolvers<void>();
  let changed = Promise.withResolvers<void>();
  const bytes = () => concatBytes(pieces);
  const duplex = connection.open({ path: "/", headers: [] }, {
    onData: (piece) => {
      pieces.push(piece.slice());
      changed.resolve();
      changed = Promise.withResolvers();
    },
    onFinish: (_headers, trailers) => ended.resolve(trailers),
    onFail: (reason) => ended.resolve(reason),
    onRetire: () => retired.resolve(),
  });
  return {
    ...{ duplex, bytes, ended: ended.promise, retired: retired.promise },
    async came(length) {
      while (bytes().byteLength < length) await changed.promise;
    },
  };
}

async function connect(port: number, streamWindow?: number): Promise<Http2Connection> {
  const url = new URL(`http://127.0.0.1:${port}`);
  return await dial({ url, tls, patienceMs: 3000, streamWindow });
}

Deno.test("both sides send beyond every window, as long as they like", async () => {
  const server = createServer({ settings: { initialWindowSize: 1000 } });
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.pipe(stream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  // A window that is used up many times over: node's server keeps to it.
  const connection = await connect(port, 20_000);
  const { duplex, bytes, came, ended } = talk(connection);
  const parts = [0, 1, 700, 70_000, 300_000].map((size, index) => new Uint8Array(size).fill(index));
  let length = 0;
  for (const part of parts) {
    duplex.send({ pieces: [part] });
    await came(length += part.byteLength);
  }
  duplex.close();
  const trailers = await ended;
  ok(trailers instanceof Map, String(trailers));
  equal(trailers.get("grpc-status"), "0");
  deepEqual(bytes(), concatBytes(parts));
  connection.close(new Error("the test is over"));
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("a peer with a window of one byte gets every byte", async () => {
  const received: number[] = [];
  await using peer = withHttp2Peer({
    settings: [[setting.initialWindowSize, 1]],
    onData: (request, bytes) => {
      received.push(...bytes);
      request.send(makeFrame(frameType.windowUpdate, frameFlag.none, request.stream, uint32(1)));
    },
    onRequest: (request) => {
      request.begin();
      request.finish(0);
    },
  });
  const connection = await connect(peer.port);
  const { duplex, ended } = talk(connection);
  duplex.send({ pieces: [Uint8Array.of(1, 2, 3)] });
  duplex.send({ pieces: [Uint8Array.of(4), Uint8Array.of(5, 6)] });
  duplex.close();
  ok(await ended instanceof Map);
  deepEqual(received, [1, 2, 3, 4, 5, 6]);
  connection.close(new Error("the test is over"));
});

Deno.test("padding, pings and foreign frames in between are no part of what comes", async () => {
  await using peer = withHttp2Peer({
    onData: (request) => {
      request.begin();
      // Three bytes between their length and five of padding; then a ping, and frames of no kind.
      const padded = Uint8Array.of(5, 7, 8, 9, 0, 0, 0, 0, 0);
      request.send(makeFrame(frameType.data, frameFlag.padded, request.stream, padded));
      request.send(makeFrame(frameType.ping, frameFlag.none, 0, new Uint8Array(8)));
      request.send(makeFrame(0x77, 0xff, request.stream, Uint8Array.of(1)));
      request.send(makeFrame(frameType.data, frameFlag.none, request.stream, new Uint8Array()));
      request.send(makeFrame(frameType.data, frameFlag.none, request.stream, Uint8Array.of(10)));
      request.finish(0);
    },
  });
  const connection = await connect(peer.port);
  const { duplex, bytes, ended } = talk(connection);
  duplex.send({ pieces: [Uint8Array.of(1)] });
  ok(await ended instanceof Map);
  deepEqual([...bytes()], [7, 8, 9, 10]);
  connection.close(new Error("the test is over"));
});

Deno.test("a stream ends by RST_STREAM, a dead connection and a GOAWAY that leaves it out", async () => {
  const ways = {
    reset: /broke off the request \(code 2\)/,
    end: /closed by the server|reset/i,
    goaway: /ended the connection/,
  };
  for (const [way, words] of Object.entries(ways)) {
    await using peer = withHttp2Peer({
      onData: (request) => {
        request.begin();
        if (way === "reset") request.reset(2);
        else if (way === "end") request.end();
        else request.goaway(0);
      },
    });
    const connection = await connect(peer.port);
    const { duplex, ended } = talk(connection);
    duplex.send({ pieces: [Uint8Array.of(1)] });
    const reason = await ended;
    ok(reason instanceof Error, way);
    match(reason.message, words);
    connection.close(new Error("the test is over"));
  }
});

Deno.test("a GOAWAY behind a stream lets it go on, and says so", async () => {
  await using peer = withHttp2Peer({
    onData: (request, bytes) => {
      if (bytes[0] === 1) {
        request.begin();
        request.goaway(request.stream);
      } else {
        request.send(makeFrame(frameType.data, frameFlag.none, request.stream, bytes.slice()));
        request.finish(0);
      }
    },
  });
  const connection = await connect(peer.port);
  const { duplex, retired, bytes, ended } = talk(connection);
  duplex.send({ pieces: [Uint8Array.of(1)] });
  await retired;
  ok(!connection.usable);
  duplex.send({ pieces: [Uint8Array.of(2)] });
  ok(await ended instanceof Map);
  deepEqual([...bytes()], [2]);
});

Deno.test("a peer that ends its side first is told that ours ends too", async () => {
  const over = Promise.withResolvers<void>();
  await using peer = withHttp2Peer({
    onData: (request) => request.finish(3, "enough"),
    onReset: () => over.resolve(),
  });
  const connection = await connect(peer.port);
  const { duplex, ended } = talk(connection);
  duplex.send({ pieces: [Uint8Array.of(1)] });
  const trailers = await ended;
  ok(trailers instanceof Map);
  deepEqual([trailers.get("grpc-status"), trailers.get("grpc-message")], ["3", "enough"]);
  await over.promise;
  connection.close(new Error("the test is over"));
});

Deno.test("what is sent, withdrawn and closed before a stream begins waits for that, in order", () => {
  const told: unknown[] = [];
  const windows = {
    open: (id: number) => told.push(["open", id]),
    push: (id: number, part: unknown) => told.push(["push", id, part]),
    withdraw: (id: number, part: unknown) => told.push(["withdraw", id, part]),
    close: (id: number) => told.push(["close", id]),
  } as unknown as SendWindows;
  const [one, two, three, strange] = [1, 2, 3, 4].map((byte) => ({
    pieces: [Uint8Array.of(byte)],
  }));
  const duplex = new Duplex({ path: "/", headers: [] }, {} as never);
  for (const part of [one!, two!]) duplex.send(part);
  for (const part of [one!, strange!]) duplex.withdraw(part);
  duplex.id = 7;
  duplex.start(windows, new Uint8Array());
  duplex.send(three!);
  duplex.withdraw(two!);
  duplex.close();
  deepEqual(told.splice(0), [
    ...[["open", 7], ["push", 7, two], ["push", 7, three], ["withdraw", 7, two], ["close", 7]],
  ]);
  const closed = new Duplex({ path: "/", headers: [] }, {} as never);
  closed.close();
  closed.start(windows, new Uint8Array());
  deepEqual(told, [["open", 0], ["close", 0]]);
});

Deno.test("what comes is told with the headers before it, and trailers alone are both", () => {
  const told: unknown[] = [];
  const [headers, trailers] = [new Map([["a", "1"]]), new Map([["b", "2"]])];
  const duplex = new Duplex({ path: "/", headers: [] }, {
    ...{} as DuplexEvents,
    onData: (piece, headers) => void told.push([[...piece], headers]),
    onFinish: (headers, trailers) => void told.push([headers, trailers]),
  });
  const tell = () => {
    duplex.receive(Uint8Array.of(1));
    duplex.finish(trailers);
    return told.splice(0);
  };
  deepEqual(tell(), [[[1], new Map()], [trailers, trailers]]);
  duplex.headers = headers;
  deepEqual(tell(), [[[1], headers], [headers, trailers]]);
});
