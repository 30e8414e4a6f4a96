import assert from "node:assert/strict";
import type { Logger } from "@logtape/logtape";
import type { Analysis } from "../frame/analysis.ts";
import { countLabels, DetectionLog } from "./detection_log.ts";

function found(...labels: string[]): Analysis {
  const box = { x: 0, y: 0, width: 1, height: 1 };
  return {
    detections: labels.map((label) => ({ label, labelId: 1, confidence: 1, box })),
  };
}

/** What is written when the analyses come at those times. */
function linesOf(analyses: readonly (readonly [atMs: number, Analysis])[]): string[] {
  const lines: string[] = [];
  const logger = {
    info: (template: string, { words }: { words: string }) =>
      lines.push(template.replace("{words}", words)),
  } as unknown as Logger;
  let nowMs = 0;
  const log = new DetectionLog(logger, () => nowMs);
  for (const [atMs, analysis] of analyses) {
    nowMs = atMs;
    log.add(analysis);
  }
  log.flush();
  return lines;
}

Deno.test("DetectionLog says what was found when that changes, once a second at the most", () => {
  const lines = linesOf([
    [0, found()],
    [2000, found()],
    [2040, found("person", "car", "person")],
    [2080, found("bike")],
    [3100, found("person", "person", "car")],
    [3140, found("car", "person")],
    [4200, found("car", "person")],
    [4240, { classifications: [{ label: "rain", labelId: 1, confidence: 1 }] }],
    [5300, { classifications: [{ label: "rain", labelId: 1, confidence: 1 }] }],
    [5340, found("rain")],
    [5380, {}],
  ]);
  assert.deepEqual(lines, [
    "Found nothing",
    "Found 1 car, 2 person",
    "Found 1 car, 1 person",
    "Found 1 rain",
    "Found nothing",
  ]);
});

Deno.test("DetectionLog says of a use case that finds nothing by its nature what happened", () => {
  const happened = (...types: string[]): Analysis => ({ events: types.map((type) => ({ type })) });
  const [started, stopped] = [happened("motion_started"), happened("motion_stopped")];
  const lines = linesOf([
    [0, {}],
    [2000, started],
    [2040, stopped],
    [2080, started],
    [2120, stopped],
    [2160, started],
    [3000, {}],
    [3080, happened()],
    [3120, stopped],
    [4200, {}],
    [9000, started],
    [9040, stopped],
  ]);
  assert.deepEqual(lines, [
    "Motion started",
    "Motion stopped",
    "Motion started (2), motion stopped",
    "Motion stopped",
    "Motion started",
    "Motion stopped",
  ]);
});

Deno.test("DetectionLog keeps its lines few and short whatever events are called", () => {
  const lines = linesOf(
    Array.from({ length: 1000 }, (_, at) => [at, { events: [{ type: `type_${at}` }] }]),
  );
  assert.equal(lines.length, 21);
  assert.equal(lines.at(-1), "Others (980)");
});

Deno.test("countLabels() counts detections and classifications by label", () => {
  const classifications = [{ label: "car", labelId: 1, confidence: 1 }];
  assert.deepEqual(countLabels({ ...found("car", "person"), classifications }), {
    car: 2,
    person: 1,
  });
});

Deno.test("DetectionLog says something new at the second, and not before", () => {
  const found1 = (atMs: number) => linesOf([[0, found("a")], [atMs, found("b")]]).length;
  assert.deepEqual([found1(999), found1(1000)], [1, 2]);
  const told = (atMs: number) =>
    linesOf([
      [0, { events: [{ type: "a" }] }],
      [atMs, { events: [{ type: "a" }] }],
      [atMs, { events: [{ type: "a" }] }],
    ]);
  assert.deepEqual(told(999), ["A", "A (2)"]);
  assert.deepEqual(told(1000), ["A", "A", "A"]);
  // A frame in which nothing happens puts nothing off.
  const events = [{ type: "a" }];
  const lines = linesOf([[0, { events }], [1000, {}], [1500, { events }], [1600, { events }]]);
  assert.deepEqual(lines, ["A", "A", "A"]);
});

Deno.test("DetectionLog does not say the same again in another order, and sorts by name", () => {
  assert.deepEqual(linesOf([[0, found("b", "a")], [2000, found("a", "b")]]), ["Found 1 a, 1 b"]);
  const both: Analysis = {
    ...found("x"),
    classifications: [{ label: "y", labelId: 1, confidence: 1 }],
  };
  assert.deepEqual(linesOf([[0, both], [2000, found("x", "y")], [4000, found("x", "x")]]), [
    ...["Found 1 x, 1 y", "Found 2 x"],
  ]);
});

Deno.test("DetectionLog tells of detections alone once it knows that a use case finds something", () => {
  const lines = linesOf([
    [0, { events: [{ type: "a" }] }],
    [10, { ...found("cat"), events: [{ type: "b" }] }],
    [2000, { events: [{ type: "c" }] }],
  ]);
  assert.deepEqual(lines, ["A", "Found nothing"]);
});
