import assert from "node:assert/strict";
import type { CameraPacket } from "../frame/camera_packet.ts";
import { LiveFeed, type LiveListener, type LiveResult } from "./live_feed.ts";

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
