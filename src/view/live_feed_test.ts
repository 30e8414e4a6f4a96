import assert from "node:assert/strict";
import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";
import { hexOfLabel } from "./color.ts";
import { LiveFeed, type LiveListener, type LiveRecord, type LiveResult } from "./live_feed.ts";

const set = Uint8Array.fromHex("00000001" + "6742c00dda05067e74" + "0000000165888400");

function packet(ptsMs: number, keyframe = false, data = set): CameraPacket {
  return { kind: "video", data, keyframe, ptsMs, capturedAtMs: 1_000_000 + ptsMs };
}

function listenTo(feed: LiveFeed) {
  const results: LiveResult[] = [];
  const listener: LiveListener = {
    onBegin: () => {},
    onPacket: () => {},
    onResult: (result) => void results.push(result),
  };
  feed.subscribe(listener);
  return results;
}

Deno.test("LiveFeed gives a result the time stamp of its packet, whichever comes first", () => {
  const feed = new LiveFeed();
  const results = listenTo(feed);
  feed.write(packet(40, true));
  feed.annotate("door", 40.4, {});
  feed.annotate("door", 80.4, {});
  assert.deepEqual(results.map(({ ptsMs }) => ptsMs), [40]);
  feed.write(packet(80));
  assert.deepEqual(results.map(({ ptsMs, capturedAtMs }) => [ptsMs, capturedAtMs]), [
    [40, 1_000_040],
    [80, 1_000_080],
  ]);
  feed.write(packet(120));
  assert.equal(results.length, 2, "each result is told once");
});

Deno.test("LiveFeed keeps packets from the newest key frame on, in another array each time", () => {
  const feed = new LiveFeed();
  feed.write(packet(0));
  assert.equal(feed.group.length, 0, "decoding cannot begin with it");
  feed.write(packet(40, true));
  const { group } = feed;
  feed.write(packet(80));
  assert.equal(feed.group, group);
  assert.equal(group.length, 2);
  feed.write(packet(120, true));
  assert.notEqual(feed.group, group);
  assert.equal(feed.group.length, 1);
  feed.begin();
  assert.equal(feed.group.length, 0);
});

Deno.test("LiveFeed says how pictures are encoded and shown, and hides no B-frame", () => {
  const feed = new LiveFeed();
  assert.ok(!feed.description);
  const video = { codec: "h264", fourcc: "H264", width: 320, height: 180, extradata: set };
  feed.describe({ video, audio: null });
  assert.deepEqual(feed.description, {
    codec: "avc1.42c00d",
    turn: 0,
    flipped: false,
    pixelRatio: null,
  });
  feed.show({ turn: 90, flipped: true, pixelRatio: "8:11" });
  assert.deepEqual(feed.description, {
    codec: "avc1.42c00d",
    turn: 90,
    flipped: true,
    pixelRatio: "8:11",
  });
  feed.write(packet(0, true));
  assert.equal(feed.payloadOf(feed.group[0]!), set, "it is not known yet in which order they come");
  for (let ptsMs = 40; ptsMs < 600; ptsMs += 40) feed.write(packet(ptsMs));
  feed.write(packet(600, true));
  assert.notEqual(feed.payloadOf(feed.group[0]!), set);
  feed.write(packet(680));
  feed.write(packet(640));
  feed.write(packet(720, true));
  assert.equal(feed.payloadOf(feed.group[0]!), set, "one came before its turn");
});

Deno.test("LiveFeed tells for how long nothing came, and what lies between pictures", () => {
  const feed = new LiveFeed();
  assert.equal(feed.quietMs(0), null);
  assert.equal(feed.intervalMs, null);
  feed.write(packet(0, true));
  feed.write(packet(40));
  const quietMs = feed.quietMs(performance.now() + 5000)!;
  assert.ok(quietMs >= 5000 && quietMs < 6000);
  assert.ok(feed.intervalMs! >= 0);
});

/** The rest of the test says what time it is. */
function withClock(use: (pass: (ms: number) => void) => void): void {
  const { now } = performance;
  let nowMs = 1000;
  performance.now = () => nowMs;
  try {
    use((ms) => void (nowMs += ms));
  } finally {
    performance.now = now;
  }
}

function described(codec = "h264"): CodecParameters {
  return { video: { codec, fourcc: "", width: 0, height: 0, extradata: set }, audio: null };
}

Deno.test("LiveFeed lets each result wait for its own packet, and the oldest go when too many do", () => {
  const feed = new LiveFeed();
  feed.annotate("door", 0, {});
  const results = listenTo(feed);
  assert.equal(feed.size, 1);
  feed.write(packet(0, true));
  for (let count = 0; count < 17; count++) feed.annotate("door", 1000 + count * 40, {});
  feed.write(packet(1000));
  assert.equal(results.length, 0, "the one had no listener, and the other was the oldest");
  for (let again = 0; again < 2; again++) feed.write(packet(1080));
  assert.deepEqual(results.map(({ ptsMs }) => ptsMs), [1080]);
  for (const ptsMs of [1039, 1121.02]) feed.write(packet(ptsMs));
  assert.deepEqual(results.map(({ ptsMs }) => ptsMs), [1080, 1039], "one is too far away");
});

Deno.test("LiveFeed tells viewers of packets and runs until they leave, and of no sound", () => {
  const feed = new LiveFeed();
  const told: string[] = [];
  const viewer = feed.subscribe({
    onBegin: () => void told.push("begin"),
    onPacket: () => void told.push("packet"),
    onResult: () => void told.push("result"),
  });
  feed.write(packet(0, true));
  feed.write({ ...packet(10, true), kind: "audio" });
  feed.begin();
  viewer[Symbol.dispose]();
  feed.write(packet(40, true));
  feed.annotate("door", 40, {});
  assert.deepEqual(told, ["packet", "begin"]);
  assert.equal(feed.size, 0);
});

Deno.test("LiveFeed lets a group go that outgrows 16 MiB", () => {
  const feed = new LiveFeed();
  const half = new Uint8Array(8 * 1024 * 1024);
  feed.write(packet(0, true, half));
  feed.write(packet(40, false, half));
  assert.equal(feed.group.length, 2);
  feed.write(packet(80, false, Uint8Array.of(1)));
  assert.equal(feed.group.length, 0);
});

Deno.test("LiveFeed says after three seconds that there are no key frames, until one comes", () => {
  withClock((pass) => {
    const feed = new LiveFeed();
    feed.describe(described());
    pass(5000);
    assert.equal(feed.isWithoutKeyFrames, false, "nothing was sent");
    // An intra refresh: a browser cannot begin with it.
    feed.write(packet(0, true, Uint8Array.of(0, 0, 1, 0x41)));
    assert.equal(feed.group.length, 0);
    pass(3000);
    assert.equal(feed.isWithoutKeyFrames, false);
    pass(1);
    assert.equal(feed.isWithoutKeyFrames, true);
    feed.write(packet(40, true));
    pass(4000);
    assert.equal(feed.isWithoutKeyFrames, false);
    feed.begin();
    feed.write(packet(0));
    pass(3001);
    assert.equal(feed.isWithoutKeyFrames, true, "this run's");
  });
});

Deno.test("LiveFeed follows the interval slowly, and knows nothing of it in another run", () => {
  withClock((pass) => {
    const feed = new LiveFeed();
    for (const ms of [0, 100, 200]) {
      pass(ms);
      feed.write(packet(ms, true));
    }
    assert.equal(feed.intervalMs, 110);
    pass(70);
    assert.equal(feed.quietMs(), 70);
    feed.begin();
    assert.deepEqual([feed.intervalMs, feed.quietMs(), feed.timesOf(100)], [null, null, null]);
  });
});

Deno.test("LiveFeed remembers the times of a thousand pictures, and the last of one time stamp", () => {
  const feed = new LiveFeed();
  for (let index = 0; index < 2048; index++) feed.write(packet(index * 40));
  assert.equal(feed.timesOf(0)?.capturedAtMs, 1_000_000);
  feed.write(packet(2048 * 40));
  assert.equal(feed.timesOf(1024 * 40), null);
  assert.equal(feed.timesOf(1025 * 40)?.ptsMs, 1025 * 40);
  feed.write({ ...packet(2048 * 40), capturedAtMs: 7 });
  assert.equal(feed.timesOf(2048 * 40)?.capturedAtMs, 7);
});

Deno.test("LiveFeed describes nothing that no browser decodes, and a new codec as it is", () => {
  const feed = new LiveFeed();
  feed.describe(described("mpeg4"));
  assert.ok(!feed.description);
  feed.describe(described("mjpeg"));
  assert.deepEqual(feed.description, { codec: "jpeg", turn: 0, flipped: false, pixelRatio: null });
  feed.write(packet(0, true, Uint8Array.of(0xff)));
  assert.equal(feed.payloadOf(feed.group[0]!), feed.group[0]!.data);
  feed.begin();
  assert.ok(!feed.description);
});

Deno.test("LiveFeed makes the payload of a key frame once, and leaves others as they came", () => {
  const feed = new LiveFeed();
  feed.describe(described());
  for (let ptsMs = 0; ptsMs < 9 * 40; ptsMs += 40) feed.write(packet(ptsMs, true));
  assert.equal(feed.payloadOf(feed.group[0]!), set, "nine in order tell too little");
  feed.write(packet(360, true));
  const payload = feed.payloadOf(feed.group[0]!);
  assert.notEqual(payload, set);
  assert.equal(feed.payloadOf(feed.group[0]!), payload);
  feed.write(packet(400));
  assert.equal(feed.payloadOf(feed.group[1]!), set);
  feed.begin();
  feed.write(packet(0, true));
  assert.equal(feed.payloadOf(feed.group[0]!), set, "nothing is known of it");
  feed.describe(described());
  for (let count = 0; count < 9; count++) feed.write(packet(40, true));
  assert.notEqual(feed.payloadOf(feed.group[0]!), set);
  feed.describe(described("vp8"));
  assert.equal(feed.payloadOf(feed.group[0]!), set);
});

Deno.test("LiveFeed tells pages what they draw, as short as that may be", () => {
  const feed = new LiveFeed();
  const results = listenTo(feed);
  feed.write(packet(0, true));
  const box = { x: 0.1234567, y: 0.2, width: 0.3, height: 0.400004 };
  const long = "x".repeat(300);
  const plate = { label: "plate", labelId: 0, confidence: 0.5, box };
  const classifications = [{ label: "red", confidence: 0.123456 }];
  feed.annotate("door", 0, {
    detections: [
      {
        ...{ label: "car", labelId: 1, confidence: 0.987654321, box, trackId: 0 },
        secondary: { useCase: "u", classifications, detections: [plate] },
      },
      { ...plate, secondary: { useCase: "u" } },
      { ...plate, secondary: { useCase: "u", classifications: [{ label: long, confidence: 1 }] } },
      ...Array(600).fill({ ...plate, label: long }),
    ],
    classifications: Array(11).fill({ label: long, confidence: 1 / 3 }),
    annotations: [
      { kind: "text", x: 0, y: 1, text: long },
      { kind: "polyline", points: Array(501).fill([1 / 3, 0.5]), closed: true },
      ...Array(500).fill({ kind: "text", x: 0, y: 0, text: "" }),
    ],
  });
  const record: LiveRecord = JSON.parse(new TextDecoder().decode(results[0]!.payload));
  const rounded = { x: 0.12346, y: 0.2, width: 0.3, height: 0.4 };
  const { stream, detections, annotations, colors } = record;
  assert.deepEqual([stream, detections.length, annotations.length], ["door", 500, 500]);
  assert.deepEqual(detections.slice(0, 2), [
    { label: "car", confidence: 0.98765, box: rounded, trackId: 0, said: "red 0.12" },
    { label: "plate", confidence: 0.5, box: rounded },
  ]);
  const short = "x".repeat(200);
  assert.deepEqual(detections.slice(2, 5).map(({ label, said }) => [label, said]), [
    ...[["plate", undefined], ["plate", short], [short, undefined]],
  ]);
  assert.deepEqual(record.classifications, Array(10).fill({ label: short, confidence: 0.33333 }));
  assert.deepEqual(annotations.slice(0, 2), [
    { kind: "text", x: 0, y: 1, text: short },
    { kind: "polyline", points: Array(500).fill([0.33333, 0.5]), closed: true },
  ]);
  const labels = ["car", "plate", short];
  assert.deepEqual(colors, Object.fromEntries(labels.map((label) => [label, hexOfLabel(label)])));
});
