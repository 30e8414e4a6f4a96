/** Outputs of cameras whose sound is not what it was said to be. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { recording } from "../src/output/recording.ts";
import { Taker } from "../src/output/taker.ts";
import { ProcessGuard } from "../src/process_guard.ts";
import { complete } from "../src/settings/setting.ts";
import { numberedClip } from "./support/clips.ts";
import { packetSums } from "./support/decoded.ts";
import { probe } from "./support/grey_pictures.ts";
import { collectLog } from "./support/log_lines.ts";
import { poll } from "./support/poll.ts";
import { ringOf } from "./support/ring_of.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

const clipOf = () => numberedClip({ width: 320, height: 180, fps: 25, frames: 200, keyEvery: 25 });
const sizeOf = (path: string) => Deno.stat(path).then(({ size }) => size, () => 0);

Deno.test({
  name: `a camera that announces sound and sends none is recorded${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    const clips = { door: await clipOf() };
    await using camera = await startRtspServer({ clips, sound: "announced" });
    await withFiles({}, async (folder) => {
      const path = join(folder, "out.mp4");
      await using sightline = runSightline([
        ...["--stream_url", camera.url("door"), "--no_model", "--clip_audio"],
        ...["--output", `file:${path}`],
      ]);
      await poll("pictures are written", async () => await sizeOf(path) > 5000);
      sightline.signal("SIGTERM");
      assert.equal((await sightline.result).code, 0);
      assert.deepEqual(await probe(path, "stream=codec_type"), [["video"]]);
    });
  },
});

Deno.test("sound that begins late begins another file, and sound that ends holds no picture up", async () => {
  const { groups } = await ringOf((await clipOf()).file, "h264");
  const { parameters: { video } } = groups[0]!;
  const audio = { codec: "pcm_alaw", fourcc: "ALAW", sampleRate: 8000, channels: 1 };
  const parameters = { video, audio: { ...audio, extradata: new Uint8Array(0) } };
  await withFiles({}, async (folder) => {
    await using guard = new ProcessGuard();
    using log = collectLog("output");
    const path = join(folder, "out.mp4");
    const [config, other] = [path, join(folder, "out-2.mp4")] as const;
    const place = { kind: "file" as const, ...complete(recording.settings, { path: config }) };
    const context = { camera: "a", guard, isPaced: false, logger: log.logger, memoryMb: undefined };
    await using taker = new Taker(place, context);
    taker.describe(parameters);
    const [silent, audible, ...after] = groups;
    for (const packet of silent!.packets) taker.write(packet);
    await poll("it begins without sound", () => taker.isLive);
    const play = (ptsMs: number) => {
      const data = new Uint8Array(320).fill(0xd5);
      taker.write({ kind: "audio", data, keyframe: true, ptsMs, capturedAtMs: Date.now() });
    };
    play(audible!.startMs - 40);
    for (const packet of audible!.packets) {
      taker.write(packet);
      play(packet.ptsMs);
    }
    for (const { packets } of after) for (const packet of packets) taker.write(packet);
    await poll("the first file is whole", async () => (await packetSums(path)).length === 25);
    // Of seven seconds without sound the last one is held up, and the group that goes on.
    await poll("the others are written", async () => (await packetSums(other)).length >= 100);
    assert.equal((await probe(other, "stream=codec_type", "error")).length, 2);
  });
});

Deno.test("a recording whose sound is encoded shows each picture when it is due", async () => {
  const { file } = await clipOf();
  await withFiles({}, async (folder) => {
    const clip = join(folder, "clip.mkv");
    await new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-i", file, "-f", "lavfi", "-i", "sine=r=8000:d=8", "-c:v", "copy"],
        ...["-c:a", "pcm_alaw", clip],
      ],
    }).output();
    const path = join(folder, "out.mp4");
    const args = ["--no_model", "--clip_audio", "--output", `file:${path}`];
    const { code, stderr } = await sightlineResult(["--stream_url", clip, ...args]);
    assert.equal(code, 0, stderr);
    const packets = (await probe(path, "packet=codec_type,pts_time"))
      .filter(([kind]) => kind === "video").map(([, seconds]) => Number(seconds));
    assert.deepEqual(packets, Array.from({ length: 200 }, (_, number) => number / 25));
    const [[sound] = []] = await probe(path, "stream=codec_name,start_time")
      .then((streams) => streams.filter(([codec]) => codec === "aac").map(([, start]) => [start]));
    assert.equal(Number(sound), 0);
  });
});
