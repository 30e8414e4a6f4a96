import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { ProcessGuard } from "../src/process_guard.ts";
import { SharedDecode } from "../src/source/shared_decode.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { runSystem } from "./support/system_run.ts";
import { withRenderedClip } from "./support/with_rendered_clip.ts";
import { framesOf, small, sourceConfig } from "./support/with_source.ts";

/** Noise all the time, dusk, and a box that crosses the picture from second 2 to second 4. */
const scene = "color=white:s=60x90:r=25[box];" +
  "gradients=s=640x360:r=25:c0=0x303030:c1=0x707070:x0=0:y0=0:x1=640:y1=360:speed=0.00001[wall];" +
  "[wall][box]overlay=x='(t-2)*250':y=120:enable='between(t,2,3.99)'," +
  "eq=brightness='-0.02*t':eval=frame,noise=alls=14:allf=t";
const fps = 25;
/** Frames of the box, and of 400 ms after it. */
const [begins, ends, held] = [2 * fps, 4 * fps, 10];
const motion = { threshold: 0.003, holdMs: 400 };

Deno.test("frames without motion are still: noise is none, nor is dusk", async () => {
  await using clip = await withRenderedClip(scene, 6);
  const frames = await Array.fromAsync(framesOf({ url: clip.file, motion }));
  assert.deepEqual(frames.map(({ sequence }) => sequence), frames.map((_, i) => i));
  const moving = frames.filter(({ still }) => !still).map(({ sequence }) => sequence);
  assertMoving(moving);
  assert.equal(frames.length, 6 * fps);
});

Deno.test("a region without motion is still, whatever moves beside it", async () => {
  await using clip = await withRenderedClip(scene, 4);
  const region = { x: 0, y: 0.7, width: 1, height: 0.3 };
  const frames = await Array.fromAsync(framesOf({ url: clip.file, motion, region }));
  assert.deepEqual(frames.filter(({ still }) => !still).map(({ sequence }) => sequence), [0]);
});

Deno.test("key frames, a limit of frames a second and motion go together", async () => {
  await using clip = await withRenderedClip(scene, 6);
  const source = { url: clip.file, motion: { ...motion, holdMs: 0 } };
  const keys = await Array.fromAsync(framesOf({ ...source, decode: "keyframes" }));
  // The box enters at the second and is out of sight, or gone, at the fourth.
  assert.deepEqual(keys.map(({ still }) => !still), [true, false, true, true, false, false]);
  const some = await Array.fromAsync(framesOf({ ...source, fps: 5 }));
  assert.ok(some.length >= 29 && some.length <= 31, `${some.length} frames`);
  for (const { still, ptsMs } of some.slice(1)) {
    const expected = ptsMs >= 2000 && ptsMs < 3990;
    assert.equal(!still, expected, `${ptsMs} ms`);
  }
});

Deno.test("use cases that share a decode see the same motion", async () => {
  await using clip = await withRenderedClip(scene, 6);
  await using guard = new ProcessGuard();
  const config = { ...sourceConfig, url: clip.file, motion };
  await using decode = new SharedDecode({
    ...{ camera: "door", config, guard, logger: getLogger(["test"]) },
  });
  const subscriptions = [decode.subscribe("a"), decode.subscribe("b")];
  const signal = new AbortController().signal;
  const moving = await Promise.all(subscriptions.map(async (subscription, i) => {
    const source = subscription.open(
      i === 0 ? small : { ...small, width: 300, pixelFormat: "bgr24" },
    );
    const frames = await Array.fromAsync(source.frames(signal));
    assert.equal(frames.length, 6 * fps);
    return frames.filter(({ still }) => !still).map(({ sequence }) => sequence);
  }));
  for (const subscription of subscriptions) subscription[Symbol.dispose]();
  assertMoving(moving[0]!);
  assert.deepEqual(moving[1], moving[0]);
});

Deno.test("--motion_threshold: what does not move is skipped, and never asked about", async () => {
  await using clip = await withRenderedClip(scene, 6);
  await using model = await withEchoModel();
  await using run = await runSystem([
    ...["--stream_url", clip.file, "--model_path", model.path, "--use_case", echoUseCase],
    ...["--motion_threshold", String(motion.threshold), "--motion_hold_ms", String(motion.holdMs)],
  ]);
  const { code, summary, records } = await run.result();
  assert.equal(code, 0);
  assertMoving(records.map(({ sequence }) => sequence));
  const { received, processed, dropped } = summary.frames;
  assert.equal(received, 6 * fps);
  assert.equal(processed, records.length);
  assert.deepEqual(dropped, {
    ...{ queue_full: 0, too_old: 0, no_answer: 0, error: 0 },
    skipped: received - processed,
  });
});

/** The first frame, then those of the box without a gap, and as many after it as are held. */
function assertMoving(sequences: readonly number[]): void {
  assert.equal(sequences[0], 0);
  const [first = NaN, last = NaN] = [sequences[1], sequences.at(-1)];
  assert.deepEqual(
    sequences.slice(1),
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  );
  // At the edge of the picture too little of the box is seen.
  assert.ok(first >= begins && first <= begins + 3, `begins at ${first}`);
  assert.ok(last >= ends + held - 4 && last <= ends + held, `ends at ${last}`);
}
