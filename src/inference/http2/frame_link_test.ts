import { deepEqual, equal, ok } from "node:assert/strict";
import { concatBytes } from "../../concat_bytes.ts";
import { frameFlag, frameType, makeFrame, makeSettings, setting, uint32 } from "./frame.ts";
import { FrameLink, type FrameLinkOptions, largestWindow } from "./frame_link.ts";

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** A link of which the test says what comes, and how much is written at once. */
function open(more: Partial<FrameLinkOptions> = {}, most = Infinity) {
  const incoming: Uint8Array[] = [];
  const written: Uint8Array<ArrayBuffer>[] = [];
  const told = {
    frames: [] as number[],
    settings: [] as [number, number][][],
    broken: "",
    reads: 0,
    closes: 0,
  };
  let isHeld = false;
  let fails = false;
  let go = Promise.withResolvers<void>();
  const link = new FrameLink({
    read(space) {
      told.reads++;
      const bytes = incoming.shift();
      if (bytes !== undefined) space.set(bytes);
      return Promise.resolve(bytes?.byteLength ?? null);
    },
    async write(bytes) {
      if (isHeld) await go.promise;
      if (fails) throw new Error("broken pipe");
      const piece = bytes.slice(0, Math.min(most, bytes.byteLength));
      written.push(piece);
      return piece.byteLength;
    },
    close() {
      told.closes++;
      throw new Error("it was closed before");
    },
  }, {
    onFrame: ({ type }) => void told.frames.push(type),
    onSettings: (settings) => void told.settings.push([...settings]),
    onBroken: ({ message }) => void (told.broken = message),
    ...more,
  });
  return {
    ...{ link, incoming, told },
    sent: () => concatBytes(written),
    hold: () => void (isHeld = true),
    release() {
      isHeld = false;
      go.resolve();
      go = Promise.withResolvers();
    },
    fail: () => void (fails = true),
  };
}

const acknowledged = makeFrame(frameType.settings, frameFlag.ack, 0, new Uint8Array());

Deno.test("a link greets with its settings, and allows all that a window can be", async () => {
  for (const streamWindow of [undefined, 1000]) {
    const { link, sent } = open(streamWindow === undefined ? {} : { streamWindow });
    const preface = Uint8Array.of(1, 2);
    link.greet([[setting.enablePush, 0]], preface);
    await settled();
    const all = [[setting.enablePush, 0], [
      setting.initialWindowSize,
      streamWindow ?? largestWindow,
    ]] as const;
    deepEqual(
      sent(),
      concatBytes([
        preface,
        makeFrame(frameType.settings, frameFlag.none, 0, makeSettings(all)),
        makeFrame(frameType.windowUpdate, frameFlag.none, 0, uint32(largestWindow - 65_535)),
      ]),
    );
  }
});

Deno.test("a link writes frames one behind the other, whole, however little is taken at once", async () => {
  const { link, sent } = open({}, 3);
  const frames = [1, 2, 3].map((value) => new Uint8Array(5 * value).fill(value));
  for (const frame of frames) link.write(frame.slice());
  await settled();
  link.write(Uint8Array.of(9));
  await settled();
  deepEqual(sent(), concatBytes([...frames, Uint8Array.of(9)]));
});

Deno.test("a link acknowledges settings and pings of the peer, and no acknowledgements", async () => {
  const { link, incoming, sent, told } = open();
  const settings = makeSettings([[setting.maxConcurrentStreams, 7], [
    setting.maxFrameSize,
    20_000,
  ]]);
  const ping = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const frames = [
    makeFrame(frameType.settings, frameFlag.none, 0, settings),
    acknowledged,
    makeFrame(frameType.ping, frameFlag.none, 0, ping),
    makeFrame(frameType.ping, frameFlag.ack, 0, ping),
    makeFrame(frameType.data, frameFlag.none, 1, new Uint8Array(10)),
    // What is no whole setting is none.
    makeFrame(frameType.settings, frameFlag.none, 0, settings.slice(0, 11)),
  ];
  incoming.push(concatBytes(frames.slice(0, 3)), concatBytes(frames.slice(3)));
  await link.readAll();
  await settled();
  const { settings: type, ping: pinged, data } = frameType;
  deepEqual(told.frames, [type, type, pinged, pinged, data, type]);
  deepEqual(told.settings, [
    [[setting.maxConcurrentStreams, 7], [setting.maxFrameSize, 20_000]],
    [[setting.maxConcurrentStreams, 7]],
  ]);
  const answered = makeFrame(frameType.ping, frameFlag.ack, 0, ping);
  deepEqual(sent(), concatBytes([acknowledged, answered, acknowledged]));
});

Deno.test("a peer is allowed more on a stream once half of its window is used", async () => {
  const { link, sent } = open({ streamWindow: 100 });
  const stream = { id: 5, unacknowledged: 0 };
  for (const length of [49, 1, 49]) link.received(stream, length);
  await settled();
  deepEqual(sent(), makeFrame(frameType.windowUpdate, frameFlag.none, 5, uint32(50)));
  equal(stream.unacknowledged, 49);
});

Deno.test("a link reads no more while too much waits to be written", async () => {
  const { link, incoming, told, hold, release } = open({ maxUnsentBytes: 10 });
  hold();
  link.write(new Uint8Array(6));
  link.write(new Uint8Array(5));
  incoming.push(acknowledged);
  const reading = link.readAll();
  await settled();
  equal(told.reads, 0);
  release();
  await reading;
  deepEqual([told.reads, told.frames.length], [2, 1]);
  // As many as may wait are no hindrance.
  const full = open({ maxUnsentBytes: 10 });
  full.hold();
  full.link.write(new Uint8Array(10));
  await full.link.readAll();
  equal(full.told.reads, 1);
});

Deno.test("a link that is closed reads and writes nothing more, and is closed once", async () => {
  const { link, incoming, told, sent, hold } = open({ maxUnsentBytes: 1 });
  hold();
  link.write(new Uint8Array(5));
  const reading = link.readAll();
  equal(link.closed, false);
  link.close();
  link.close();
  equal(link.closed, true);
  incoming.push(acknowledged);
  link.write(Uint8Array.of(1));
  await reading;
  deepEqual([told.closes, sent().byteLength], [1, 0]);
  const later = open();
  later.link.close();
  later.incoming.push(acknowledged);
  later.link.write(Uint8Array.of(1));
  await later.link.readAll();
  await settled();
  deepEqual([later.told.reads, later.sent().byteLength], [0, 0]);
});

Deno.test("a link tells that nothing can be written any more", async () => {
  const { link, told, fail } = open();
  fail();
  link.write(Uint8Array.of(1));
  await settled();
  equal(told.broken, "broken pipe");
});

Deno.test("a link knows when it last read anything", async () => {
  const { link, incoming } = open();
  link.lastReadAtMs = -1;
  await link.readAll();
  equal(link.lastReadAtMs, -1, "an end is nothing");
  incoming.push(acknowledged);
  await link.readAll();
  ok(link.lastReadAtMs > 0);
});

Deno.test("settings of the peer bound what is sent on a stream, and how long its frames are", async () => {
  const head = Uint8Array.of(1);
  const body = new Uint8Array(20_000);
  const cases = [
    [setting.initialWindowSize, 5, [5]],
    [setting.maxFrameSize, 20_000, [20_000]],
    // Another one is no bound of these.
    [setting.maxConcurrentStreams, 7, [16_384, 3616]],
  ] as const;
  for (const [id, value, lengths] of cases) {
    const { link, incoming, sent } = open();
    incoming.push(makeFrame(frameType.settings, frameFlag.none, 0, makeSettings([[id, value]])));
    await link.readAll();
    await settled();
    const before = sent().byteLength;
    link.windows.send(1, head, [body]);
    await settled();
    const bytes = sent().subarray(before + head.byteLength);
    const found: number[] = [];
    for (let at = 0; at < bytes.byteLength; at += 9 + found.at(-1)!) {
      found.push(bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!);
    }
    deepEqual(found, lengths);
  }
});
