import { equal } from "node:assert/strict";
import { withFiles } from "../../tests/support/with_files.ts";
import { frameOf } from "../../tests/support/samples.ts";
import { ProcessGuard } from "../process_guard.ts";
import { CameraMedia } from "./camera_media.ts";
import { MediaFolder } from "./media_folder.ts";
import { PictureQueue } from "./picture_queue.ts";

const none = new Uint8Array(0);
const clip = { afterMs: 0, mostMs: 60_000, hiddenRows: null, ids: ["1"] };

Deno.test("CameraMedia keeps as much as the longest clip wants that an event has asked for", async () => {
  await withFiles({}, async (directory) => {
    await using guard = new ProcessGuard();
    let nowMs = 0;
    await using media = new CameraMedia({
      ring: { seconds: 10, megabytes: 1 },
      guard,
      memoryMb: 100,
      folder: new MediaFolder(directory),
      queue: new PictureQueue(),
      clipQueue: new PictureQueue({ inOrder: true }),
      mustDraw: () => [],
      draw: () => Promise.resolve(),
      now: () => nowMs,
    });
    using stream = media.enter({
      stream: "door",
      wantsPictures: false,
      clipBeforeMs: 0,
      best: () => [],
    });
    const { tap } = media;
    tap.begin();
    const video = { codec: "h264", fourcc: "H264", width: 64, height: 48, extradata: none };
    tap.describe({ video, audio: null });
    const kept = () => media.ringBytes / 100;
    const minute = () => {
      for (let second = 0; second < 60; second++, nowMs += 1000) {
        const data = new Uint8Array(100);
        tap.write({ kind: "video", data, keyframe: true, ptsMs: nowMs, capturedAtMs: nowMs });
        stream.note(frameOf({ sequence: nowMs / 1000, capturedAtMs: nowMs }), nowMs, {});
      }
    };
    /** An event of the newest frame wants a clip. */
    const ask = (beforeMs: number) => {
      const { files } = stream.clip(nowMs / 1000 - 1, nowMs, { ...clip, beforeMs });
      files.catch(() => {});
    };
    minute();
    equal(kept(), 3, "two seconds, and the group that they begin in");
    ask(5000);
    minute();
    equal(kept(), 11, "ring_s");
    ask(30_000);
    minute();
    ask(5000);
    minute();
    equal(kept(), 34, "as long as that clip, and what comes late");
  });
});
