import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { RegionConfig } from "../src/source/settings.ts";
import type { Frame, FrameFormat } from "../src/frame/frame.ts";
import { iou, undoLetterbox } from "../src/helpers/mod.ts";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { framesOf, takeFrames } from "./support/with_source.ts";

/** A white box on black, in pixels of the picture. */
const box = { x: 200, y: 96, width: 80, height: 60 };

const sizes = [[640, 360], [641, 363]] as const;
const regions: Record<string, RegionConfig> = {
  middle: { x: 0.2, y: 0.2, width: 0.5, height: 0.6 },
  "odd edges": { x: 0.1234, y: 0.077, width: 0.4321, height: 0.633 },
  "right and lower edge": { x: 0.25, y: 0.111, width: 0.75, height: 0.889 },
  whole: { x: 0, y: 0, width: 1, height: 1 },
};
const formats: Record<string, FrameFormat> = {
  stretched: { width: 300, height: 300, pixelFormat: "gray", fit: "stretch" },
  letterboxed: { width: 300, height: 300, pixelFormat: "gray", fit: "letterbox" },
  "of its own size": { pixelFormat: "gray", fit: "stretch" },
};

for (const [width, height] of sizes) {
  for (const [place, region] of Object.entries(regions)) {
    for (const [fit, format] of Object.entries(formats)) {
      Deno.test(`a box in a region has its place in the whole picture: ${place}, ${fit}, ${width}×${height}`, async () => {
        const file = await drawing(width, height);
        const [frame] = await takeFrames({ url: file, region, format }, 1);
        await Deno.remove(file);
        assert.ok(frame);
        const found = undoLetterbox(brightest(frame), frame.contentRect);
        // A pixel of the frame, in fractions of the picture.
        const near = 1.5 / Math.min(frame.width, frame.height);
        for (
          const [side, expected] of [
            ["x", box.x / width],
            ["y", box.y / height],
            ["width", box.width / width],
            ["height", box.height / height],
          ] as const
        ) {
          const off = Math.abs(found[side] - expected);
          assert.ok(off < near, `${side}: ${found[side]}, not ${expected}`);
        }
      });
    }
  }
}

Deno.test("a region has the size of its pixels when none is asked for", async () => {
  const file = await drawing(640, 360);
  const source = { url: file, format: formats["of its own size"]! };
  for await (const frame of framesOf({ ...source, region: regions["middle"]! })) {
    assert.deepEqual([frame.width, frame.height], [320, 216]);
    const shown = undoLetterbox({ x: 0, y: 0, width: 1, height: 1 }, frame.contentRect);
    const { x, y, width, height } = shown;
    assert.deepEqual([x, y, width, height].map((side) => side.toFixed(9)), [
      ...["0.200000000", "0.200000000", "0.500000000", "0.600000000"],
    ]);
  }
  await Deno.remove(file);
});

Deno.test("--region: what the demo's model finds there lies where the labels of the whole picture say", async () => {
  const file = (path: string) => fileURLToPath(new URL(`../demo/${path}`, import.meta.url));
  const { frames: labels } = JSON.parse(await Deno.readTextFile(file("street_labels.json")));
  const { code, stdout, stderr } = await sightlineResult([
    ...["--stream_url", file("street.mp4"), "--model_path", file("person_vehicle_bike.onnx")],
    ...["--sink", "stdout", "--region", "0.1,0.2,0.75,0.8", "--limit_frames", "251"],
  ]);
  assert.equal(code, 0, stderr);
  const records: AnalysisRecord[] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const found = records.flatMap(({ sequence, detections }) => {
    const truth: [string, number, number, number, number][] | undefined = labels[sequence];
    return truth === undefined
      ? []
      : detections.map(({ label, box }) =>
        truth.some(([name, x, y, width, height]) =>
          name === label && iou(box, { x, y, width, height }) > 0.5
        )
      );
  });
  const right = found.filter((is) => is).length;
  // What the region's edge cuts through is found in part.
  assert.ok(found.length > 10 && right / found.length > 0.85, `${right} of ${found.length}`);
});

/** A picture with the box in it. */
async function drawing(width: number, height: number): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".mkv" });
  const { x, y, width: w, height: h } = box;
  const scene = `color=black:s=${width}x${height}:r=5:d=0.2,format=yuv420p,` +
    `drawbox=x=${x}:y=${y}:w=${w}:h=${h}:color=white:t=fill`;
  const args = ["-v", "error", "-y", "-f", "lavfi", "-i", scene, "-c:v", "ffv1", file];
  assert.ok((await new Deno.Command("ffmpeg", { args }).output()).success);
  return file;
}

/** The box around all that is brighter than the letterbox's bars, in fractions of the frame. */
function brightest({ data, width, height }: Frame) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  data.forEach((value, at) => {
    if (value < 180) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  });
  return {
    x: left / width,
    y: top / height,
    width: (right - left) / width,
    height: (bottom - top) / height,
  };
}
