import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { AnalysisRecord } from "../src/sink/record.ts";
import type { Box } from "../src/frame/analysis.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { withModelServer } from "./support/with_model_server.ts";

const file = (path: string) => fileURLToPath(new URL(`../demo/${path}`, import.meta.url));
const clip = file("street.mp4");
const modelPath = file("person_vehicle_bike.onnx");

/** Every 25th frame of the clip is labelled. */
const labelled: Readonly<Record<string, [string, number, number, number, number][]>> = JSON.parse(
  await Deno.readTextFile(file("street_labels.json")),
).frames;

interface Found {
  readonly label: string;
  readonly box: Box;
}

/** Records of the whole clip, or of its first `frames`. */
async function analyse(flags: readonly string[], frames?: number): Promise<AnalysisRecord[]> {
  const { code, stdout, stderr } = await sightlineResult([
    ...["--stream_url", clip, "--sink", "stdout", ...flags],
    ...(frames === undefined ? [] : ["--limit_frames", String(frames)]),
  ]);
  assert.equal(code, 0, stderr);
  assert.notEqual(stdout, "", stderr);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("the demo's clip through the demo's model: what is there is found, and little else", async () => {
  const records = await analyse(["--model_path", modelPath]);
  assert.equal(records.length, 750);
  let [found, there, both] = [0, 0, 0];
  for (const [number, labels] of Object.entries(labelled)) {
    const truth = labels.map(([label, x, y, width, height]) => {
      return { label, box: { x, y, width, height } };
    });
    const { detections, pts_ms } = records[Number(number)]!;
    assert.equal(pts_ms, Number(number) * 40);
    found += detections.length;
    there += truth.length;
    both += matches(detections, truth, 0.5);
  }
  const [precision, recall] = [both / found, both / there];
  const figures = `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`;
  // At the plugin's threshold of 0.75; the model's own accuracy is measured under demo/.
  assert.ok(precision >= 0.95 && recall >= 0.9, figures);
});

Deno.test("every way to the model finds the same", async () => {
  const frames = 50;
  const reference = await analyse(["--model_path", modelPath], frames);
  await using server = await withModelServer({ modelPath });
  // Pictures are decoded only for a model that is served with its channels last.
  await using nhwc = await withModelServer({ modelPath, flags: ["--layout", "NHWC:NCHW"] });
  const ways: { flags: string[]; exact: boolean }[] = [
    { flags: ["--ovms_url", `127.0.0.1:${server.grpcPort}`], exact: true },
    { flags: ["--ovms_url", `127.0.0.1:${server.grpcPort}`, "--api", "tfs"], exact: true },
    { flags: ["--ovms_url", `http://127.0.0.1:${server.restPort}`], exact: true },
    // ffmpeg rounds packed pixels otherwise than planar ones.
    { flags: ["--ovms_url", `grpc://127.0.0.1:${nhwc.grpcPort}`], exact: false },
    { flags: ["--ovms_url", `127.0.0.1:${nhwc.grpcPort}`, "--binary_input"], exact: false },
    {
      flags: ["--ovms_url", `127.0.0.1:${nhwc.grpcPort}`, "--api", "tfs", "--binary_input"],
      exact: false,
    },
    { flags: ["--ovms_url", `http://127.0.0.1:${nhwc.restPort}`, "--binary_input"], exact: false },
  ];
  for (const { flags, exact } of ways) {
    const records = await analyse([...flags, "--model_name", server.modelName], frames);
    const what = flags.join(" ");
    assert.deepEqual(
      records.map(({ sequence, pts_ms }) => [sequence, pts_ms]),
      reference.map(({ sequence, pts_ms }) => [sequence, pts_ms]),
      what,
    );
    if (exact) {
      assert.deepEqual(
        records.map(({ detections }) => detections),
        reference.map(({ detections }) => detections),
        what,
      );
    } else {
      const counts = { found: 0, there: 0, both: 0 };
      records.forEach(({ detections }, i) => {
        const expected = reference[i]!.detections;
        counts.found += detections.length;
        counts.there += expected.length;
        counts.both += matches(detections, expected, 0.7);
      });
      // Other pixels move a detection near the threshold to its other side now and then.
      const { found, there, both } = counts;
      assert.ok(both / found > 0.97 && both / there > 0.97, `${what}: ${Deno.inspect(counts)}`);
    }
  }
});

/** How many of `found` are among `expected`, each used once. */
function matches(found: readonly Found[], expected: readonly Found[], minIou: number): number {
  const left = new Set(expected);
  let count = 0;
  for (const { label, box } of found) {
    const [best] = [...left]
      .filter((candidate) => candidate.label === label)
      .map((candidate) => ({ candidate, overlap: iou(candidate.box, box) }))
      .sort((a, b) => b.overlap - a.overlap);
    if (best === undefined || best.overlap < minIou) continue;
    left.delete(best.candidate);
    count++;
  }
  return count;
}

/** The tests' own, so that they do not lean on what they test. */
function iou(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (a.width * a.height + b.width * b.height - shared);
}
