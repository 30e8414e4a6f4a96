import assert from "node:assert/strict";
import { frameNumber } from "./support/clips.ts";
import { startHlsCamera } from "./support/http_camera.ts";
import { runSystem } from "./support/system_run.ts";
import { framesOf, small } from "./support/with_source.ts";

/** The first frames, with when each was there. */
async function watch(url: string, count: number) {
  const seen: { number: number; ptsMs: number; ageMs: number; atMs: number }[] = [];
  for await (const frame of framesOf({ url })) {
    const number = frameNumber(frame.data, small.width!, small.height!, 1);
    const ageMs = Date.now() - frame.capturedAtMs;
    seen.push({ number, ptsMs: frame.ptsMs, ageMs, atMs: performance.now() });
    if (seen.length === count) break;
  }
  return seen;
}

Deno.test("HLS: frames go out as they were taken, none lost, as old as their segments make them", async () => {
  await Promise.all([seesAll(), dropsNone()]);
});

async function seesAll(): Promise<void> {
  await using camera = await startHlsCamera();
  const seen = await watch(camera.url, 150);
  // Three segments of 50 frames were there at the start.
  assert.ok(seen[0]!.number >= 100, `${seen[0]!.number}`);
  assert.deepEqual(seen.map(({ number }) => number), seen.map((_, at) => seen[0]!.number + at));
  const tookMs = seen[149]!.atMs - seen[0]!.atMs;
  // Six seconds; in bursts it would be four.
  assert.ok(tookMs > 5400, `${tookMs} ms`);
  const ages = seen.map(({ ageMs }) => ageMs).sort((a, b) => a - b);
  assert.ok(ages[75]! > 1500 && ages[75]! < 6000, `${ages[75]} ms`);
}

async function dropsNone(): Promise<void> {
  await using camera = await startHlsCamera();
  await using run = await runSystem([
    ...["--stream_url", camera.url, "--no_model", "--use_case", "plugins/motion.ts"],
    ...["--limit_duration", "10s"],
  ]);
  const { summary, records } = await run.result();
  const { received, dropped } = summary.frames;
  assert.ok(received > 50, Deno.inspect(summary));
  assert.deepEqual([dropped.too_old, dropped.queue_full], [0, 0], Deno.inspect(summary));
  assert.ok(records.every(({ age_ms }) => age_ms > 1000), `${records[0]?.age_ms}`);
}

Deno.test("HLS with an end is shown from its beginning", async () => {
  await using camera = await startHlsCamera(true);
  const seen = await watch(camera.url, 40);
  assert.deepEqual(seen.map(({ number }) => number), seen.map((_, at) => at));
  assert.ok(seen[39]!.atMs - seen[0]!.atMs > 1300);
});
