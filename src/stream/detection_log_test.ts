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

Deno.test("DetectionLog says what was found when that changes, once a second at the most", () => {
  const lines: string[] = [];
  const logger = {
    info: (_template: string, { words }: { words: string }) => lines.push(words),
  } as unknown as Logger;
  let nowMs = 0;
  const log = new DetectionLog(logger, () => nowMs);
  const analyses: [atMs: number, Analysis][] = [
    [0, {}],
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
  ];
  for (const [atMs, analysis] of analyses) {
    nowMs = atMs;
    log.add(analysis);
  }
  assert.deepEqual(lines, [
    "nothing",
    "1 car, 2 person",
    "1 car, 1 person",
    "1 rain",
    "nothing",
  ]);
});

Deno.test("countLabels() counts detections and classifications by label", () => {
  const classifications = [{ label: "car", labelId: 1, confidence: 1 }];
  assert.deepEqual(countLabels({ ...found("car", "person"), classifications }), {
    car: 2,
    person: 1,
  });
});
