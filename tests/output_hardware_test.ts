/** Encoders of hardware that is not there: what they are told; and that no picture is lost. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { CameraPacket } from "../src/frame/camera_packet.ts";
import { NutDemuxer } from "../src/frame/nut_demuxer.ts";
import { muxOffsetMs, nutFrame, nutHeader } from "../src/frame/nut_muxer.ts";
import { toVideo } from "../src/output/encoders.ts";
import { VideoEncoder } from "../src/output/video_encoder.ts";
import { ProcessGuard } from "../src/process_guard.ts";
import { collectLog } from "./support/log_lines.ts";

const [width, height] = [320, 180];
const unknown = { range: "tv", space: "bt709", primaries: "unknown", transfer: "unknown" };

function pictureAt(ptsMs: number) {
  const data = new Uint8Array(width * height * 1.5).fill(128);
  return { width, height, pixels: "yuv420p" as const, tags: unknown, data, ptsMs };
}

for (
  const [hwaccel, encoder] of [
    ["cuda", "h264_nvenc"],
    ["qsv", "h264_qsv"],
    ["vaapi", "h264_vaapi"],
    ["videotoolbox", "h264_videotoolbox"],
    ["d3d11va", "h264_mf"],
  ] as const
) {
  Deno.test({
    name:
      `pictures of --hwaccel ${hwaccel} without ${encoder} are encoded on the processor, all of them`,
    // A machine that has one of them may have the encoder.
    ignore: existsSync("/dev/dri") || existsSync("/dev/nvidia0"),
    fn: async () => {
      await using guard = new ProcessGuard();
      using log = collectLog("output");
      const packets: CameraPacket[] = [];
      const taker = {
        begin: () => {},
        describe: () => {},
        write: (packet: CameraPacket) => void packets.push(packet),
      };
      {
        await using video = new VideoEncoder(guard, log.logger, hwaccel, taker);
        for (let at = 0; at < 5; at++) await video.encode(pictureAt(at * 40));
      }
      assert.deepEqual(packets.map(({ ptsMs }) => Math.round(ptsMs)), [0, 40, 80, 120, 160]);
      assert.equal(log.levelled.length, 1, log.levelled.join("\n"));
      const words = new RegExp(
        `^warning: The encoder ${encoder} cannot be used \\(.+\\): libx264 is, on the processor$`,
      );
      assert.match(log.levelled[0]!, words);
    },
  });
}

Deno.test("an encoder that is told nothing of its own plans with a likely rate, and keeps times", async () => {
  const size = { width: 1920, height: 1080 };
  const raw = { codec: "rawvideo", fourcc: "I420", ...size, extradata: new Uint8Array(0) };
  const timesMs = [0, 70, 280, 2630];
  const data = new Uint8Array(size.width * size.height * 1.5).fill(128);
  const pictures = timesMs.flatMap((ptsMs) => [
    nutFrame({ kind: "video", keyframe: true, ptsMs, data }),
    data,
  ]);
  const ffmpeg = new Deno.Command("ffmpeg", {
    args: toVideo("libx264", { ...size, pixels: "yuv420p", tags: unknown }, "pipe:0"),
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const input = new Blob([nutHeader({ video: raw, audio: null }), ...pictures]).stream();
  const [{ stdout }] = await Promise.all([ffmpeg.output(), input.pipeTo(ffmpeg.stdin)]);
  const demuxer = new NutDemuxer();
  assert.deepEqual(
    demuxer.push(stdout).map(({ timeMs, keyframe }) => [timeMs - muxOffsetMs, keyframe]),
    [[0, true], [70, false], [280, false], [2630, true]],
  );
  const { extradata } = demuxer.streams![0]!;
  // Behind a start code, the kind of unit, the profile and its constraints. Of the clock's rate: 62.
  assert.equal(extradata[7], 40);
});

for (const encoder of ["h264_nvenc", "h264_qsv", "h264_vaapi"]) {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: ["-hide_banner", "-h", `encoder=${encoder}`],
  }).output();
  const help = new TextDecoder().decode(stdout);
  Deno.test({
    name: `${encoder} knows each option that it is given`,
    ignore: !help.includes(`Encoder ${encoder}`),
    fn: () => {
      const args = toVideo(encoder, { width, height, pixels: "yuv420p", tags: unknown }, "pipe:0");
      const from = args.indexOf("-bf") + 2;
      const own = args.slice(from, args.indexOf("-force_key_frames")).filter((_, at) =>
        at % 2 === 0
      );
      assert.ok(own.length > 0);
      for (const option of own) assert.match(help, new RegExp(`^  ${option} +<`, "m"));
    },
  });
}
