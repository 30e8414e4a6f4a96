import assert from "node:assert/strict";
import type { AnalysisRecord } from "../src/sink/record.ts";
import type { SourceFrame } from "../src/source/source.ts";
import {
  type HttpCamera,
  startMjpegCamera,
  startRawCamera,
  startStampedCamera,
} from "./support/http_camera.ts";
import { runSystem } from "./support/system_run.ts";
import { framesOf, type TestSource } from "./support/with_source.ts";

/** Frames, and how old each was when it was there. */
async function watch(camera: HttpCamera, count: number, more: Partial<TestSource> = {}) {
  const seen: (SourceFrame & { readonly ageMs: number })[] = [];
  for await (const frame of framesOf({ url: camera.url, ...more })) {
    seen.push({ ...frame, ageMs: Date.now() - frame.capturedAtMs });
    if (seen.length === count) break;
  }
  return seen;
}

/** Mean milliseconds from the capture of one frame to that of the next. */
function meanStepMs(frames: readonly SourceFrame[]): number {
  return (frames.at(-1)!.capturedAtMs - frames[0]!.capturedAtMs) / (frames.length - 1);
}

function assertOnward(frames: readonly { readonly capturedAtMs: number }[]): void {
  const times = frames.map(({ capturedAtMs }) => capturedAtMs);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
}

Deno.test("HTTP MJPEG, which stamps nothing: each frame was captured when it came", async () => {
  await using camera = await startMjpegCamera(400);
  const frames = await watch(camera, 8);
  assertOnward(frames);
  // Stamped 40 ms apart, each would seem to be 360 ms later than the one before.
  assert.ok(frames.every(({ ageMs }) => ageMs < 300), `${frames.map(({ ageMs }) => ageMs)}`);
  const stepMs = meanStepMs(frames.slice(1));
  assert.ok(Math.abs(stepMs - 400) < 60, `${stepMs} ms`);
});

Deno.test("MJPEG and bare H.264 over HTTP at 10 frames a second, 5 of which are wanted", async () => {
  await Promise.all([startMjpegCamera, startRawCamera].map(async (start) => {
    await using camera = await start(100);
    // At first there are frames that came while ffmpeg looked for what it is.
    const stepMs = meanStepMs((await watch(camera, 22, { fps: 5 })).slice(14));
    // By the stamps, which say 25 frames a second, it was one in 476 ms.
    assert.ok(stepMs > 170 && stepMs < 260, `${stepMs} ms`);
  }));
});

Deno.test("a camera that stamps 25 frames a second and sends 21 is never late", async () => {
  await using camera = await startStampedCamera(1000 / 21, (index) => index * 40);
  const frames = await watch(camera, 120);
  assertOnward(frames);
  const ages = frames.slice(60).map(({ ageMs }) => ageMs).sort((a, b) => a - b);
  // Half of them were between 100 and 300 ms late by the stamps.
  assert.ok(ages[30]! < 100, `${ages}`);
});

const storing = [
  { what: "has two seconds in store", everyMs: 40, stored: 50, count: 70 },
  { what: "has four seconds in store, of one picture in each", everyMs: 1000, stored: 4, count: 8 },
  { what: "sends a picture a second", everyMs: 1000, stored: 0, count: 6 },
];

Deno.test("what a camera had in store is as old as it is, and what comes is new", async () => {
  await Promise.all(storing.map(async ({ what, everyMs, stored, count }) => {
    await using camera = await startStampedCamera(everyMs, (index) => index * everyMs, stored);
    const frames = await watch(camera, count);
    assertOnward(frames);
    const offsets = frames.map(({ capturedAtMs, ptsMs }) => capturedAtMs - ptsMs);
    assert.ok(
      Math.max(...offsets) - Math.min(...offsets) < 400,
      `${what}: ${offsets.map((ms) => Math.round(ms - offsets[0]!))}`,
    );
    // ffmpeg reads three to see what it is.
    const ages = frames.slice(stored + 3).map(({ ageMs }) => ageMs).sort((a, b) => a - b);
    assert.ok(ages[Math.floor(ages.length / 2)]! < 500, `${what}: ${ages}`);
  }));
});

/** What happens to a person who stands still, by the frames of a camera. */
async function stand(camera: HttpCamera, seconds: number): Promise<readonly AnalysisRecord[]> {
  const useCase = new URL("support/standing_use_case.ts", import.meta.url).pathname;
  await using run = await runSystem([
    ...["--stream_url", camera.url, "--no_model", "--use_case", useCase],
    ...["--limit_duration", `${seconds}s`],
  ]);
  const { summary, records } = await run.result();
  // What came while ffmpeg had not begun yet may be older than allowed.
  const tooOld = summary.frames.dropped.too_old;
  assert.ok(tooOld <= records[0]!.sequence, Deno.inspect(summary));
  const times = records.map(({ captured_at }) => captured_at);
  assert.deepEqual(times, times.toSorted());
  return records;
}

/** Milliseconds after the first record. */
function sinceStart({ captured_at }: AnalysisRecord, records: readonly AnalysisRecord[]): number {
  return Date.parse(captured_at) - Date.parse(records[0]!.captured_at);
}

const cameras = {
  "throws single wild stamps": () =>
    startStampedCamera(100, (index) => index * 100 + (index % 10 === 5 ? 37_600_000 : 0)),
  "sends 4 frames a second and stamps nothing": () => startMjpegCamera(250),
  "sets its clock forward": () =>
    startStampedCamera(100, (index) => index * 100 + (index < 10 ? 0 : 7_200_000)),
};

Deno.test("who stands in a zone does so once, whatever the camera does to its clock", async () => {
  await Promise.all(
    Object.entries(cameras).map(async ([what, start]) => {
      await using camera = await start();
      const records = await stand(camera, 6);
      const found = records.flatMap((record) => record.events.map((event) => ({ record, event })));
      const types = found.map(({ event }) => event.type);
      assert.deepEqual(types, ["zone_entered", "zone_dwelled"], what);
      const dwelledMs = sinceStart(found[1]!.record, records);
      assert.ok(dwelledMs >= 900 && dwelledMs < 3500, `${what}: ${dwelledMs} ms`);
    }),
  );
});

Deno.test("who stands in a zone while the camera goes and comes is in it once at a time", async () => {
  // It hangs up after a second and a half; the way back takes as long, or longer on a busy machine.
  await using camera = await startMjpegCamera(100, 15);
  const records = await stand(camera, 8);
  assert.ok(camera.requests >= 3, `${camera.requests} connections`);
  const types = records.flatMap(({ events }) => events.map(({ type }) => type))
    .filter((type) => type !== "zone_dwelled");
  // A gap that the tracker outlives is none; another closes one stay before the next begins.
  assert.equal(types[0], "zone_entered");
  const open = types.map((type) => type === "zone_entered" ? 1 : -1);
  assert.equal(open.reduce((sum, one) => sum + one, 0), 1, `${types}`);
  const times = records.map(({ pts_ms }) => pts_ms);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  // The gaps count: eight seconds less the start of it all.
  assert.ok(times.at(-1)! - times[0]! > 4000, `${times}`);
});
