/** Pictures that go out beside frames that are left out, or that come otherwise from some moment on. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type DecodedPicture, decodeFile } from "./support/decoded.ts";
import { clipOf, common, numberOf, placesOf, size, tempDir } from "./support/output_fixture.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { places } from "./support/shifting_box_use_case.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

/** Numbers of pictures that have their own box. */
function right(pictures: readonly DecodedPicture[]): number[] {
  const own = pictures.filter((picture) => placesOf(picture)[0] === numberOf(picture) % places);
  return own.map(numberOf);
}

async function annotate(folder: string, frames: number, more: string[], clipFrames = frames) {
  const out = join(folder, "out.mp4");
  const clip = await clipOf({ frames: clipFrames });
  const { code, stdout, stderr } = await sightlineResult(
    ["annotate", clip.file, "-o", out, ...common, ...more],
  );
  assert.deepEqual([code, stdout], [0, `${out}: ${frames} pictures\n`], stderr);
  const pictures = await decodeFile(out, size);
  assert.deepEqual(pictures.map(numberOf), Array.from({ length: frames }, (_, at) => at));
  return pictures;
}

Deno.test("annotate waits for no result of frames that the use case leaves out", async () => {
  await using folder = await tempDir();
  // More in a row than pictures are kept.
  const options = ["--use_case_options", '{"keeps":64}'];
  const pictures = await annotate(folder.path, 128, options);
  const wrong = pictures.filter((picture) => {
    const number = numberOf(picture);
    return number % 64 < 32 && placesOf(picture)[0] !== number % places;
  });
  assert.deepEqual(wrong.map(numberOf), []);
});

Deno.test("annotate leaves no picture out where only key frames are looked at", async () => {
  await using folder = await tempDir();
  const pictures = await annotate(folder.path, 100, ["--decode", "keyframes"]);
  assert.deepEqual(right(pictures), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
});

Deno.test("annotate waits for the results of key frames, however long they take", async () => {
  await using folder = await tempDir();
  // Longer than a picture of a camera would wait.
  const options = ["--decode", "keyframes", "--use_case_options", '{"takesMs":600}'];
  const pictures = await annotate(folder.path, 40, options);
  assert.deepEqual(right(pictures), [0, 10, 20, 30]);
  assert.ok(pictures.every((picture) => placesOf(picture)[0]! >= 0), "the others show older ones");
});

Deno.test("annotate ends with the picture of the last frame that --limit_frames allows", async () => {
  await using folder = await tempDir();
  const pictures = await annotate(folder.path, 20, ["--limit_frames", "20"], 100);
  assert.equal(right(pictures).length, 20);
  const options = ["-y", "--decode", "keyframes", "--limit_frames", "3"];
  assert.deepEqual(right(await annotate(folder.path, 21, options, 100)), [0, 10, 20]);
});

Deno.test({
  name: `what begins to draw while a camera runs is drawn into its pictures${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    await using folder = await tempDir();
    const plugin = join(folder.path, "plugin.ts");
    const write = (more: string) =>
      Deno.writeTextFile(
        plugin,
        `export default () => ({
          input: { width: 48, height: 16, channels: "gray" },
          preprocess: () => ({ n: { datatype: "INT32", shape: [1], data: Int32Array.of(1) } }),
          postprocess: () => ({ detections: [] }), ${more}
        });`,
      );
    await write("");
    await using camera = await startRtspServer({ clips: { door: await clipOf({ frames: 100 }) } });
    await using sightline = runSightline([
      ...["--stream_url", camera.url("door"), "--no_model", "--use_case", plugin],
      ...["--isolation", "worker", "--watch", "--output_boxes"],
      ...["--output", `file:${join(folder.path, "out.mp4")}`],
    ]);
    /** A second file for the camera's second run. */
    const pictures = async () => {
      const files = ["out.mp4", "out-2.mp4"].map((name) =>
        decodeFile(join(folder.path, name), size).catch(() => [])
      );
      return (await Promise.all(files)).flat();
    };
    await poll("pictures", async () => (await pictures()).length >= 20, 60_000);
    await write("visualize: ({ data }) => { data.fill(255); },");
    const white = async () =>
      (await pictures()).filter(({ data }) => data.every((value) => value > 240)).length;
    await poll("pictures that are drawn into", async () => await white() >= 20, 60_000);
    sightline.signal("SIGTERM");
    await sightline.result;
  },
});
