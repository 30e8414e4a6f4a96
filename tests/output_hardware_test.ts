/** Encoders of hardware that is not there: told, and no picture lost. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { CameraPacket } from "../src/frame/camera_packet.ts";
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
