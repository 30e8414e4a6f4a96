/** The demo as one starts it: a camera that pushes the clip at its own pace, and what is made of it. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assetUrl } from "../src/assets.ts";
import { clockPace } from "../src/source/clock/pace.ts";
import type { SightlineEvent } from "../src/events/event.ts";
import { iou } from "../src/helpers/iou.ts";
import { boxOf } from "../src/media/render_snapshot.ts";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { freePort } from "./support/free_port.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";

Deno.test("demo: its camera is listened for, and its frames are analysed", async () => {
  const { code, stdout, stderr } = await sightlineResult([
    ...["demo", "--limit_frames", "30", "--visualizer_port", String(freePort())],
    ...["--benchmark", "--max_frame_age_ms", "60000"],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /is live/);
  assert.match(stderr, /Found \d+ /);
  const { frames: { processed, dropped: { queue_full, ...others } } } = JSON.parse(stdout);
  // A busy machine cannot keep up with it.
  assert.equal(processed + queue_full, 30, stdout);
  assert.ok(processed > 0, stdout);
  assert.deepEqual(others, { too_old: 0, skipped: 0, no_answer: 0, error: 0 });
});

Deno.test("demo: what happens is printed with its id, and where to ask for more", async () => {
  const port = freePort();
  const { code, stdout, stderr } = await sightlineResult([
    ...["demo", "--limit_frames", "60", "--visualizer_port", String(port)],
    ...["--max_frame_age_ms", "60000"],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^Events: http://localhost:${port}/api/events; `));
  assert.match(stdout, /^2\S+ {2}street +stream_live .* [0-9a-f-]{36}$/m);
  assert.match(stdout, /^2\S+ {2}street +object_started +vehicle .* [0-9a-f-]{36}$/m);
});

Deno.test("demo: the picture of an object shows it in the box that the event names", async () => {
  const detector = [
    ...["--model_path", fileURLToPath(assetUrl("demo/person_vehicle_bike.onnx"))],
    ...["--use_case", "person_vehicle_bike"],
  ];
  await withFiles({}, async (directory) => {
    const port = freePort();
    const pictures: { event: SightlineEvent; jpeg: Uint8Array }[] = [];
    {
      await using sightline = runSightline([
        ...detector,
        ...["--stream_url", fileURLToPath(assetUrl("demo/street.mp4")), "--fps", "25", "--track"],
        ...["--data_dir", `${directory}/data`, "--visualizer_port", String(port)],
        ...["--max_frame_age_ms", "60000"],
      ]);
      await sightline.waitForLine(/Live view at/);
      const api = `http://127.0.0.1:${port}/api/events`;
      await poll("pictures of two objects", async () => {
        const answer = await fetch(`${api}?type=object_started&has=snapshot`).catch(() => null);
        const { events = [] } = await answer?.json() ?? {};
        if (events.length < 2) return false;
        for (const event of events as SightlineEvent[]) {
          const jpeg = await (await fetch(`${api}/${event.id}/snapshot.jpg`)).bytes();
          pictures.push({ event, jpeg });
        }
        return true;
      }, 60_000);
    }
    for (const { event, jpeg } of pictures) {
      const path = `${directory}/${event.id}.jpg`;
      await Deno.writeFile(path, jpeg);
      const { stdout } = await sightlineResult([
        ...[...detector, "--stream_url", path, "--sink", "stdout"],
      ]);
      const { detections } = JSON.parse(stdout.split("\n")[0]!) as AnalysisRecord;
      const box = boxOf(event)!;
      const found = detections!.some(({ label, box: other }) =>
        label === event.object!.label && iou(box, other) > 0.8
      );
      assert.ok(found, `${JSON.stringify(box)} among ${JSON.stringify(detections)}`);
    }
  });
});

Deno.test("clockPace(): two seconds of a file take two seconds, from the first picture on", async () => {
  const clip = fileURLToPath(assetUrl("demo/street.mp4"));
  const startedMs = performance.now();
  const { success } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-nostdin", ...await clockPace(), "-i", clip],
      ...["-t", "2", "-map", "0:v", "-c", "copy", "-f", "null", "-"],
    ],
  }).output();
  const tookMs = performance.now() - startedMs;
  assert.ok(success);
  assert.ok(tookMs > 1900, `${tookMs} ms`);
});
