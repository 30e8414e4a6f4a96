import assert from "node:assert/strict";
import { toRecord } from "./record.ts";
import { frameOf } from "../../tests/support/samples.ts";

const frame = frameOf({ sequence: 7, ptsMs: 280.4, capturedAtMs: 1000 });

Deno.test("toRecord() writes the number of a followed object, and no key for one that is not", () => {
  const box = { x: 0.1234567, y: 0, width: 0.5, height: 1 };
  const person = { label: "person", labelId: 1, confidence: 0.98765, box };
  const { detections } = toRecord(frame, "u", {
    detections: [{ ...person, trackId: 3 }, person],
  }, 1040);
  const written = {
    label: "person",
    label_id: 1,
    confidence: 0.9877,
    box: { x: 0.12346, y: 0, width: 0.5, height: 1 },
  };
  assert.deepEqual(detections, [{ ...written, track_id: 3 }, written]);
});

Deno.test("toRecord() tells age and time stamps in whole milliseconds", () => {
  const { age_ms, pts_ms, captured_at, data } = toRecord(frame, "u", {}, 1040.6);
  assert.deepEqual([age_ms, pts_ms, captured_at, data], [
    41,
    280,
    "1970-01-01T00:00:01.000Z",
    null,
  ]);
});

Deno.test("toRecord() makes the documented JSON", () => {
  const record = toRecord(
    { ...frame, stream: "door", sequence: 12, ptsMs: 480, capturedAtMs: Date.UTC(2026, 10, 22) },
    "persons",
    {
      detections: [{
        label: "person",
        labelId: 1,
        confidence: 0.98123456,
        box: { x: 0.1, y: 0.2, width: 0.05, height: 0.123456789 },
      }],
    },
    Date.UTC(2026, 10, 22) + 31.4,
  );
  assert.equal(
    JSON.stringify(record),
    `{"stream":"door","sequence":12,"pts_ms":480,"captured_at":"2026-11-22T00:00:00.000Z",` +
      `"age_ms":31,"use_case":"persons","detections":[{"label":"person","label_id":1,` +
      `"confidence":0.9812,"box":{"x":0.1,"y":0.2,"width":0.05,"height":0.12346}}],` +
      `"events":[],"data":null}`,
  );
});

Deno.test("toRecord() has what a second model said of a detection, and no key for what it did not", () => {
  const box = { x: 0.123456, y: 0.123456, width: 0.123456, height: 0.123456 };
  const car = { label: "car", labelId: 2, confidence: 0.123456, box };
  const said = (secondary: object) =>
    toRecord(frame, "u", {
      detections: [{ ...car, secondary: { useCase: "plate", ...secondary } }],
    }, 0)
      .detections[0]!.secondary;
  assert.deepEqual(said({}), { use_case: "plate" });
  const rounded = { x: 0.12346, y: 0.12346, width: 0.12346, height: 0.12346 };
  const classified = { label: "a", label_id: 1, confidence: 0.1235 };
  assert.deepEqual(
    said({
      classifications: [{ label: "a", labelId: 1, confidence: 0.12345678 }],
      detections: [car],
      data: null,
    }),
    {
      use_case: "plate",
      classifications: [classified],
      detections: [{ label: "car", label_id: 2, confidence: 0.1235, box: rounded }],
      data: null,
    },
  );
  const record = toRecord(frame, "u", {
    classifications: [{ label: "a", labelId: 1, confidence: 0.12345678 }],
    events: [{ type: "x" }],
    data: 0,
  }, 990);
  assert.deepEqual([record.classifications, record.events, record.data, record.age_ms], [
    ...[[classified], [{ type: "x" }], 0, 0],
  ]);
});
