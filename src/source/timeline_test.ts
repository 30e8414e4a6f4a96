import assert from "node:assert/strict";
import { wholePicture } from "../frame/frame.ts";
import { Timeline } from "./timeline.ts";

Deno.test("Timeline gives a frame the time of its packet, though frames come in another order", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.packet(0, 100, 100);
  timeline.packet(80, 140, 140);
  timeline.packet(40, 180, 180);
  for (const pts of [0, 40, 80]) timeline.frame(pts, 200);
  const stamps = [await timeline.next(), await timeline.next(), await timeline.next()];
  assert.deepEqual(stamps.map((stamp) => [stamp?.ptsMs, stamp?.capturedAtMs]), [
    [0, 100],
    [40, 180],
    [80, 140],
  ]);
});

Deno.test("Timeline takes a frame without a packet to have come now", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.frame(40, 500);
  timeline.frame(null, 510);
  assert.deepEqual(await timeline.next(), { ptsMs: 40, capturedAtMs: 500, picture: wholePicture });
  assert.deepEqual(await timeline.next(), { ptsMs: 50, capturedAtMs: 510, picture: wholePicture });
});

Deno.test("Timeline lets time go on through jitter, and follows a clock that was set", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  for (const pts of [1000, 1000, 960, 1040, 5, 45]) timeline.frame(pts, 0);
  const times: unknown[] = [];
  for (let i = 0; i < 6; i++) times.push((await timeline.next())?.ptsMs);
  assert.deepEqual(times, [1000, 1001, 1002, 1040, 5, 45]);
});

Deno.test("Timeline keeps a bounded memory of packets", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  for (let pts = 0; pts <= 512; pts++) timeline.packet(pts, 7, 7);
  timeline.frame(0, 9);
  timeline.frame(1, 9);
  assert.equal((await timeline.next())?.capturedAtMs, 9);
  assert.equal((await timeline.next())?.capturedAtMs, 7);
});

Deno.test("Timeline.next() resolves when the frame is told, and with null at the end", async () => {
  const timeline = new Timeline();
  const next = timeline.next();
  assert.equal(timeline.isAwaited, true);
  timeline.frame(0, 3);
  assert.equal((await next)?.capturedAtMs, 3);
  assert.deepEqual([timeline.isAwaited, timeline.isReady], [false, false]);
  timeline.frame(1, 4);
  assert.equal(timeline.isReady, true);
  assert.equal((await timeline.next())?.capturedAtMs, 4);
  const last = timeline.next();
  timeline.end();
  assert.equal(await last, null);
  assert.equal(await timeline.next(), null);
});

Deno.test("Timeline makes a frame as old as its packet, which lay in a pipe while we slept", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.packet(0, 1_000_000, 0);
  timeline.packet(40, 1_005_040, 5040);
  timeline.packet(80, 1_005_041, 5041);
  for (const pts of [0, 40, 80]) timeline.frame(pts, 1_005_050);
  const captured: unknown[] = [];
  for (let i = 0; i < 3; i++) captured.push((await timeline.next())?.capturedAtMs);
  assert.deepEqual(captured, [1_000_000, 1_000_040, 1_000_080]);
});
