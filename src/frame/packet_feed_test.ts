import assert from "node:assert/strict";
import type { CameraPacket } from "./camera_packet.ts";
import { NutDemuxer } from "./nut_demuxer.ts";
import { PacketFeed } from "./packet_feed.ts";

const video = {
  codec: "h264",
  fourcc: "H264",
  width: 64,
  height: 36,
  extradata: new Uint8Array(0),
};

function packet(
  ptsMs: number,
  keyframe: boolean,
  bytes: number,
  kind: "video" | "audio" = "video",
): CameraPacket {
  return { kind, data: new Uint8Array(bytes), keyframe, ptsMs, capturedAtMs: 0 };
}

/** A reader that takes nothing until it is told to. */
function makeReader() {
  const gate = Promise.withResolvers<void>();
  const demuxer = new NutDemuxer();
  const times: number[] = [];
  const stdin = new WritableStream<Uint8Array>({
    async write(bytes) {
      await gate.promise;
      times.push(...demuxer.push(bytes).map(({ timeMs }) => timeMs - 10_000));
    },
  });
  return { stdin, times, open: () => gate.resolve() };
}

Deno.test("PacketFeed writes what waits before it ends", async () => {
  const { stdin, times, open } = makeReader();
  const feed = new PacketFeed(stdin, { video, audio: null });
  assert.equal(feed.write(packet(0, true, 10)), true);
  assert.equal(feed.write(packet(40, false, 10)), true);
  assert.equal(feed.write(packet(40, true, 10, "audio")), false, "nothing was said of sound");
  feed.finish();
  open();
  await feed.done;
  assert.deepEqual(times, [0, 40]);
  assert.equal(feed.isClosed, false);
});

Deno.test("PacketFeed goes on at a key frame when too much waited", async () => {
  const { stdin, times, open } = makeReader();
  const feed = new PacketFeed(stdin, { video, audio: null }, 400);
  const taken = [
    feed.write(packet(0, true, 100)),
    feed.write(packet(40, false, 300)),
    feed.write(packet(80, false, 1)),
  ];
  assert.deepEqual(taken, [true, false, false]);
  assert.ok(feed.blockedMs >= 0);
  assert.equal(feed.write(packet(120, true, 100)), true);
  feed.finish();
  open();
  await feed.done;
  assert.deepEqual(times, [0, 120]);
});

Deno.test("PacketFeed takes nothing once its reader is gone", async () => {
  const stdin = new WritableStream<Uint8Array>({
    write: () => Promise.reject(new Error("gone")),
  });
  const feed = new PacketFeed(stdin, { video, audio: null });
  await feed.done;
  assert.equal(feed.isClosed, true);
  assert.equal(feed.write(packet(0, true, 1)), false);
  assert.equal(feed.lost, 0);
  assert.equal(feed.blockedMs, 0);
});

Deno.test("PacketFeed counts the pictures that it took and could not write", async () => {
  const gate = Promise.withResolvers<void>();
  const stdin = new WritableStream<Uint8Array>({ write: () => gate.promise });
  const feed = new PacketFeed(stdin, { video, audio: null });
  feed.write(packet(0, true, 1));
  feed.write(packet(40, false, 1));
  gate.reject(new Error("gone"));
  await feed.done;
  assert.equal(feed.lost, 2);
});

Deno.test("PacketFeed counts none as lost that it has written, whenever its reader goes", async () => {
  const taken = Promise.withResolvers<void>();
  let pieces = 0;
  const stdin = new WritableStream<Uint8Array>({
    write: () => void (++pieces === 5 && taken.resolve()),
  });
  const feed = new PacketFeed(stdin, { video, audio: null });
  feed.write(packet(0, true, 1));
  feed.write(packet(40, false, 1));
  await taken.promise;
  feed.finish();
  await feed.done;
  feed.close();
  assert.equal(feed.lost, 0);
});
