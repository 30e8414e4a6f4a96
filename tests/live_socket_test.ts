/** The WebSocket of the live view over a real connection: who gets in, and what a page costs that does not read. */

import assert from "node:assert/strict";
import {
  decodeMessage,
  encodeAck,
  type Message,
  refusedCode,
} from "../src/web/static/live/wire.js";
import type { CameraPacket } from "../src/frame/camera_packet.ts";
import { frameOf } from "./support/samples.ts";
import { poll } from "./support/poll.ts";
import { startCamera } from "./support/with_tap.ts";
import { withView } from "./support/with_view.ts";

/** Pictures that hardly compress: more than buffers of the system hold. */
const noise = "color=c=gray:s=640x360:r=25,noise=alls=100:allf=t";
const plain = "color=c=0x303030:s=320x180:r=25";
const watch = { type: "watch", channel: 0, stream: "door", codecs: ["avc1"] };

/** Status of the answer to a handshake. */
async function handshake(port: number, headers: Record<string, string>): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": btoa("0123456789abcdef"),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET /live HTTP/1.1\r\n${lines.join("")}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(200);
  const count = await connection.read(answer) ?? 0;
  return Number(new TextDecoder().decode(answer.subarray(0, count)).split(" ")[1]);
}

Deno.test("the WebSocket is for our own pages, and those who have the key", async () => {
  const token = "a-token-that-nobody-guesses";
  const authorization = `Bearer ${token}`;
  await withView(async ({ web: { port } }) => {
    assert.equal(await handshake(port, { authorization }), 101);
    assert.equal(await handshake(port, {}), 401);
    assert.equal(await handshake(port, { authorization: "Bearer no" }), 401);
    const own = `http://127.0.0.1:${port}`;
    assert.equal(await handshake(port, { authorization, origin: own }), 101);
    for (
      const foreign of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: `http://127.0.0.1:${port + 1}` },
        { origin: own, "sec-fetch-site": "cross-site" },
        { origin: own, "sec-fetch-site": "same-site" },
      ]
    ) {
      assert.equal(await handshake(port, { authorization, ...foreign }), 403, foreign.origin);
    }
  }, { access: { token: { value: token }, user: null, password: null } });
  await withView(async ({ web: { port } }) => {
    assert.equal(await handshake(port, {}), 101);
    assert.equal(await handshake(port, { origin: "https://evil.example" }), 403);
    assert.equal(await handshake(port, { host: "evil.example" }), 403, "a rebound name");
  });
});

Deno.test("a page with a wrong key is told so by a close, and ten of them are not looked at", async () => {
  await withView(async ({ web: { port } }) => {
    const open = async (key: string) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, [
        "sightline",
        `key.${btoa(key)}`,
      ]);
      let count = 0;
      socket.onmessage = () => count++;
      const { code } = await new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
      return { code, count };
    };
    for (let attempt = 0; attempt < 10; attempt++) {
      assert.deepEqual(await open("wrong!"), { code: refusedCode, count: 0 });
    }
    assert.notEqual((await open("secret")).code, refusedCode, "nor is a right one");
  }, { access: { token: { value: "secret" }, user: null, password: null } });
});

Deno.test("what a page must not say ends its connection, and nothing else", async () => {
  await withView(async ({ web, url }) => {
    for (
      const text of [
        "no JSON",
        "[]",
        '{"type":"watch"}',
        JSON.stringify({ ...watch, channel: 64 }),
        JSON.stringify({ ...watch, more: 1 }),
        JSON.stringify({ ...watch, stream: "x".repeat(5000) }),
        new Uint8Array(7),
        new Uint8Array(8),
        new Uint8Array(20_000),
      ]
    ) {
      using page = await openPage(web.port);
      page.send(text);
      const { code } = await page.closed;
      assert.ok(code === 1008 || code === 1009, `${code} for ${text}`);
    }
    using page = await openPage(web.port);
    page.send({ ...watch, stream: "nowhere" });
    assert.deepEqual(await page.text("gone"), { type: "gone", channel: 0 });
    assert.equal((await fetch(url("/healthz"))).status, 200);
  });
});

Deno.test("a page that joins late gets the packets since the last key frame at once", async () => {
  await withView(async ({ view, web }) => {
    let pictures = 0;
    await using _camera = startCamera({
      pictures: plain,
      tap: view.tap,
      group: 1000,
      onPicture: (ptsMs) => {
        pictures++;
        view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), {
          detections: [{ label: "<b>", labelId: 1, confidence: 1, box: whole }],
        });
      },
    });
    await poll("a second of pictures", () => pictures > 25);
    using page = await openPage(web.port);
    page.send(watch);
    const first = await page.message("picture");
    assert.ok(first.isKey && first.isFollowed);
    let newest = first;
    while (newest.isFollowed) newest = await page.message("picture");
    assert.ok(newest.sequence > 25, "all since the key frame");
    assert.ok(Date.now() - newest.capturedAtUs / 1000 < 500);
    const { ptsUs, payload } = await page.message("record");
    const record = JSON.parse(new TextDecoder().decode(payload));
    assert.deepEqual(record.detections[0].label, "<b>");
    assert.match(record.colors["<b>"], /^#[0-9a-f]{6}$/);
    assert.ok(ptsUs >= first.ptsUs);
  });
});

Deno.test("a page that acknowledges nothing is sent little, and is cut off", async () => {
  await withView(async ({ view, web }) => {
    await using _camera = startCamera({ pictures: noise, tap: view.tap });
    using page = await openPage(web.port, false);
    page.send(watch);
    await poll("a viewer", () => view.viewers === 1);
    await page.closed;
    // A key frame goes whatever its size; of what follows 16 KiB go, less than one such picture.
    assert.equal(page.pictures, 1);
    await poll("no viewer", () => view.viewers === 0);
  }, { patienceMs: 700 });
});

Deno.test("a page that asks without end is told to go, and no more is sent to it", async () => {
  await withView(async ({ view, web, url }) => {
    await using _camera = startCamera({ pictures: noise, tap: view.tap });
    using joined = await openPage(web.port);
    joined.send(watch);
    await joined.message("picture");
    using page = await openPage(web.port, false);
    // A wall may be changed as a whole: eight times 64 streams.
    for (let count = 0; count < 5000; count++) page.send(watch);
    assert.equal((await page.closed).code, 1008);
    assert.ok(page.pictures <= 512, `${page.pictures} key frames`);
    assert.equal((await fetch(url("/healthz"))).status, 200);
    await poll("one viewer", () => view.viewers === 1);
  });
});

Deno.test("a page that acknowledges without end what it has is told to go", async () => {
  await withView(async ({ view, web }) => {
    await using _camera = startCamera({ pictures: plain, tap: view.tap });
    using joined = await openPage(web.port);
    joined.send(watch);
    using page = await openPage(web.port);
    page.send(watch);
    const { sequence } = await page.message("picture");
    for (let count = 0; count < 20_000; count++) page.send(encodeAck({ channel: 0, sequence }));
    page.send({ type: "clock", sentMs: 1 });
    assert.equal(
      await Promise.race([page.text("clock"), page.closed.then(({ code }) => code)]),
      1008,
    );
    await joined.message("picture");
  });
});

Deno.test("a page that asks for a wall is told the states of all its streams once", async () => {
  await withView(async ({ web, streams }) => {
    const [door] = streams;
    let looks = 0;
    const status = () => {
      looks++;
      return door!.status();
    };
    streams.push({ ...door!, name: "counted", status });
    using page = await openPage(web.port);
    for (let channel = 0; channel < 64; channel++) {
      page.send({ ...watch, stream: "counted", channel });
    }
    let states: readonly unknown[] = [];
    while (states.length < 64) ({ states } = await page.text("states") as { states: unknown[] });
    // Once for all, and a few times more where the machine is busy; one by one it is 2,080.
    assert.ok(looks < 1000, `${looks} looks`);
  });
});

Deno.test("a use case that draws has every picture made by us, from the moment that it is there", async () => {
  let draws = false;
  await withView(async ({ view, web }) => {
    await using _camera = startCamera({
      pictures: plain,
      tap: view.tap,
      onPicture: (ptsMs) => view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), {}),
    });
    using page = await openPage(web.port);
    page.send(watch);
    await page.message("picture");
    assert.equal(page.codec, "avc1");
    draws = true;
    const isJpeg = () => page.codec === "jpeg";
    while (!isJpeg()) await page.message("picture");
    for (let count = 0; count < 5; count++) {
      const { payload } = await page.message("picture");
      assert.deepEqual([...payload.slice(0, 2)], [0xff, 0xd8]);
    }
  }, { mustDraw: () => draws ? ["door"] : [], draw: () => {} });
});

Deno.test("a camera without key frames shows what there is after three seconds", async () => {
  await withView(async ({ view, web }) => {
    let packets = 0;
    const write = (packet: CameraPacket) => {
      // We come when the only one has gone by.
      if (++packets > 10) view.tap.write(packet);
    };
    await using _camera = startCamera({
      pictures: "testsrc=s=320x180:r=25",
      tap: { ...view.tap, write },
      group: 1000,
      encoder: ["-x264-params", "intra-refresh=1"],
    });
    using page = await openPage(web.port);
    page.send(watch);
    const { payload } = await page.message("picture");
    assert.equal(page.codec, "jpeg");
    assert.deepEqual([...payload.slice(0, 2)], [0xff, 0xd8]);
    assert.ok(packets < 25 * 8, `only after ${packets} packets`);
  });
});

const whole = { x: 0, y: 0, width: 1, height: 1 };

interface TestPage extends Disposable {
  readonly closed: Promise<CloseEvent>;
  readonly pictures: number;
  /** Family of the codec that was described last. */
  readonly codec: string;
  send(message: unknown): void;
  /** The next text of a type. */
  text(type: string): Promise<unknown>;
  /** The next binary message of a kind. */
  message(kind: Message["kind"]): Promise<Message>;
}

/** A page without a browser. */
async function openPage(port: number, acknowledges = true): Promise<TestPage> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
  socket.binaryType = "arraybuffer";
  const waiting = new Map<string, PromiseWithResolvers<unknown>>();
  const next = (key: string) => {
    const waiter = Promise.withResolvers<unknown>();
    waiting.set(key, waiter);
    return waiter.promise;
  };
  const tell = (key: string, value: unknown) => {
    waiting.get(key)?.resolve(value);
    waiting.delete(key);
  };
  let pictures = 0;
  let codec: string = "";
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      return tell(message.type, message);
    }
    const message = decodeMessage(data);
    if (message.kind === "picture") pictures++;
    if (message.kind === "description") {
      codec = JSON.parse(new TextDecoder().decode(message.payload)).codec.split(".")[0];
    }
    if (acknowledges) socket.send(encodeAck(message));
    tell(message.kind, message);
  };
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  await new Promise((resolve) => socket.onopen = resolve);
  return {
    closed,
    get pictures() {
      return pictures;
    },
    get codec() {
      return codec;
    },
    send: (message) =>
      socket.send(
        message instanceof Uint8Array || typeof message === "string"
          ? message as string
          : JSON.stringify(message),
      ),
    text: next,
    message: (kind) => next(kind) as Promise<Message>,
    [Symbol.dispose]: () => socket.close(),
  };
}
