import assert from "node:assert/strict";
import { RecordBook } from "./record_book.js";

const object = (trackId: number, x: number) => ({
  label: "person",
  confidence: 0.9,
  trackId,
  box: { x, y: 0.5, width: 0.1, height: 0.2 },
});
const record = (stream: string, ...detections: ReturnType<typeof object>[]) => ({
  stream,
  detections,
  classifications: [],
  annotations: [],
  colors: { person: "#40c4ff" },
});

Deno.test("RecordBook waits for the record of a picture until a later one is there", () => {
  const book = new RecordBook();
  assert.equal(book.judge(40, 0), "silent");
  book.add(40, record("door"), 0);
  assert.equal(book.judge(40, 0), "known");
  assert.equal(book.judge(80, 0), "wait");
  book.add(120, record("door"), 0);
  assert.equal(book.judge(80, 0), "passed");
  assert.deepEqual(book.of(80), []);
  assert.deepEqual(book.of(120), [record("door")]);
});

Deno.test("RecordBook waits for all streams of the camera, but for none that is silent", () => {
  const book = new RecordBook();
  book.add(40, record("faces"), 0);
  book.add(40, record("people"), 0);
  book.add(80, record("people"), 1000);
  assert.equal(book.judge(80, 1000), "wait");
  assert.equal(book.judge(80, 2001), "known");
  assert.equal(book.judge(80, 3001), "silent");
});

Deno.test("RecordBook moves boxes on by their tracks, and leaves those without one where they were", () => {
  const book = new RecordBook();
  book.add(0, record("door", object(1, 0.1), object(2, 0.8)), 0);
  book.add(40_000, record("door", object(1, 0.2), object(3, 0.5)), 0);
  const [moved] = book.movedTo(60_000);
  const lefts = moved!.detections.map(({ box }: { box: { x: number } }) => box.x);
  assert.deepEqual(lefts.map((x: number) => Math.round(x * 1000) / 1000), [0.25, 0.5]);
  assert.equal(book.movedTo(40_000)[0]!.detections[0]!.box.x, 0.2, "those of the picture itself");
  assert.deepEqual(book.movedTo(3_000_000), [], "boxes of long ago");
});

Deno.test("RecordBook begins anew when the camera's clock does", () => {
  const book = new RecordBook();
  book.add(40_000, record("door", object(1, 0.2)), 0);
  book.add(0, record("door", object(1, 0.3)), 0);
  assert.deepEqual(book.of(40_000), []);
  assert.equal(book.of(0).length, 1);
});

Deno.test("RecordBook's trails end where the objects of the picture are", () => {
  const book = new RecordBook();
  book.add(0, record("door", object(1, 0.1), object(2, 0.7)), 0);
  book.add(40_000, record("door", object(1, 0.2)), 0);
  const points = book.trails(40_000).map(({ points }: { points: number[][] }) => points);
  assert.deepEqual(points.map((line: number[][]) => line.length), [2]);
  assert.ok(Math.abs(points[0]![1]![0]! - 0.25) < 1e-9);
});
