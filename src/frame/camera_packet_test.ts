import assert from "node:assert/strict";
import { joinTaps, type PacketTap } from "./camera_packet.ts";

Deno.test("joinTaps() hands everything to each of several taps, and is the only one itself", () => {
  const seen: string[] = [];
  const tap = (name: string): PacketTap => ({
    begin: () => void seen.push(`${name} begins`),
    describe: () => void seen.push(`${name} describes`),
    write: () => void seen.push(`${name} writes`),
  });
  const showing = { ...tap("b"), show: () => void seen.push("b shows") };
  const both = joinTaps([tap("a"), undefined, showing])!;
  const data = new Uint8Array(0);
  both.begin();
  both.describe({
    video: { codec: "vp9", fourcc: "VP90", width: 8, height: 8, extradata: data },
    audio: null,
  });
  both.show!({ turn: 90, flipped: false, pixelRatio: null });
  both.write({ kind: "video", data, keyframe: true, ptsMs: 0, capturedAtMs: 0 });
  assert.deepEqual(seen, [
    ...["a begins", "b begins", "a describes", "b describes", "b shows", "a writes", "b writes"],
  ]);
  assert.equal(joinTaps([undefined, showing]), showing);
  assert.equal(joinTaps([undefined]), undefined);
});
