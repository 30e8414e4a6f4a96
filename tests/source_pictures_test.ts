/** Every picture of a camera beside its frames, from the ffmpeg that makes both. */

import assert from "node:assert/strict";
import type { DecodedPicture, PictureTap } from "../src/frame/decoded_picture.ts";
import { MemoryPool } from "../src/frame/memory_pool.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { framesOf } from "./support/with_source.ts";

const size = { width: 320, height: 180 };

/** Keeps the number and the time of each picture. */
function numbersTap(onPicture: (picture: DecodedPicture) => void | Promise<void> = () => {}) {
  const seen = new Map<number, number | null>();
  const counts = { begun: 0, missed: 0, ended: 0 };
  const tap: PictureTap = {
    pixels: "yuv420p",
    pool: new MemoryPool(4),
    begin: () => void counts.begun++,
    miss: () => void counts.missed++,
    end: () => void counts.ended++,
    write(picture) {
      const { width, height, data, ptsMs } = picture;
      seen.set(frameNumber(data.subarray(0, width * height), width, height, 1), ptsMs);
      return onPicture(picture);
    },
  };
  return { tap, seen, counts };
}

Deno.test("every picture comes with the time of its frame, those that are no frames too", async () => {
  const clip = await numberedClip({ ...size, fps: 25, keyEvery: 10, frames: 100, bFrames: 2 });
  for (const decode of ["all", "keyframes"] as const) {
    const { tap, seen, counts } = numbersTap();
    const frames = new Map<number, number>();
    for await (
      const { data, width, height, ptsMs } of framesOf({ url: clip.file, decode, pictures: tap })
    ) {
      frames.set(frameNumber(data, width, height, 1), ptsMs);
    }
    assert.equal(frames.size, decode === "all" ? 100 : 10);
    assert.deepEqual([...seen.keys()], Array.from({ length: 100 }, (_, number) => number));
    for (const [number, ptsMs] of frames) {
      assert.ok(
        Math.abs(seen.get(number)! - ptsMs) <= 0.5,
        `${number}: ${seen.get(number)}, ${ptsMs}`,
      );
    }
    assert.deepEqual(counts, { begun: 1, missed: 0, ended: 1 });
  }
});

Deno.test({
  name: `no frame waits for pictures that are not taken, which are counted${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    const clip = await numberedClip({ ...size, fps: 25, keyEvery: 10, frames: 100 });
    await using camera = await startRtspServer({ clips: { door: clip } });
    const taken = Promise.withResolvers<void>();
    const { tap, seen, counts } = numbersTap(() => taken.promise);
    const enough = AbortSignal.timeout(60_000);
    let frames = 0;
    const source = framesOf({ url: camera.url("door"), pictures: tap, signal: enough });
    // Else what holds pictures would hold the end as well.
    enough.addEventListener("abort", () => taken.resolve());
    for await (const _frame of source) {
      frames++;
      // One picture is held, and ffmpeg keeps some; then they are taken again.
      if (frames === 60) taken.resolve();
      if (counts.missed > 0 && seen.size > 20) break;
    }
    assert.ok(frames >= 60, `${frames} frames`);
    assert.ok(counts.missed > 0 && seen.size > 20, Deno.inspect([counts, seen.size]));
  },
});
