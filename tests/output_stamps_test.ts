/** Pictures with boxes of cameras whose clock is not exact, or is set. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { colourAt, type DecodedPicture, splitPictures } from "./support/decoded.ts";
import { runSightline } from "./support/run_sightline.ts";
import { boxHeight, boxTop, places } from "./support/shifting_box_use_case.ts";
import { stampingCamera } from "./support/stamping_camera.ts";

const size = { width: 320, height: 180 };
const useCase = fileURLToPath(new URL("support/shifting_box_use_case.ts", import.meta.url));
const frames = 110;

/** Each picture, whatever its time is. */
async function picturesOf(path: string): Promise<DecodedPicture[]> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "quiet", "-i", path, "-fps_mode", "passthrough"],
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
    ],
  }).output();
  return splitPictures(stdout, size);
}

function hasOwnBox(picture: DecodedPicture, number: number): boolean {
  const y = (boxTop + boxHeight / 2) * size.height;
  const left = number % places / places * size.width;
  return colourAt(picture, left + 1, y) > 60 &&
    colourAt(picture, left + size.width / places - 1, y) > 60;
}

const steps = [-0.028, 0, 0.028];
const cameras: Readonly<Record<string, (number: number) => number>> = {
  // Less than the second for which results are true, so that times come twice.
  "is set back by 0.8 s": (number) => 10 + number * 0.04 - (number < 60 ? 0 : 0.8),
  "is set back by half a minute, and again": (number) =>
    100 + number * 0.04 - Math.floor(number / 50) * 30,
  "stamps to and fro": (number) => 1 + number * 0.04 + steps[number % 3]!,
};

for (const [what, stampS] of Object.entries(cameras)) {
  Deno.test(`each box is on its own picture, and none is lost, where a camera ${what}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "sightline-output-" });
    try {
      const clip = await numberedClip({ ...size, fps: 25, keyEvery: 10, frames });
      await using camera = stampingCamera(clip, stampS);
      await using sightline = runSightline([
        ...["--stream_url", camera.url, "--no_model", "--use_case", useCase],
        ...["--isolation", "worker", "--output_boxes"],
        ...["--output", `file:${join(folder, "out.mp4")}`],
      ]);
      await camera.sent;
      sightline.signal("SIGTERM");
      await sightline.result;
      const files = ["out.mp4", "out-2.mp4", "out-3.mp4"].map((name) => join(folder, name));
      const pictures = (await Promise.all(files.map(picturesOf))).flat();
      const numbers = pictures.map(({ data }) => frameNumber(data, size.width, size.height, 3));
      const wrong = numbers.filter((number, at) => !hasOwnBox(pictures[at]!, number));
      // The very first that come after the clock was set may have no box yet.
      assert.ok(wrong.length <= 2, `without their own box: ${wrong}`);
      // After those that came before the encoder was there, and before those that it had still to take.
      const middle = numbers.filter((number) => number >= 40 && number < 95).length;
      assert.ok(middle >= 45, `only ${numbers}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
