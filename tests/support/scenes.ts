/** Scenes, and what comes into view in them. */

import { deepEqual } from "node:assert/strict";
import { checkTable } from "../../src/settings/check_table.ts";
import type { Problem } from "../../src/settings/problem.ts";
import { objectDefaults, sceneSettings } from "../../src/objects/settings.ts";
import type { EventDraft } from "../../src/events/event.ts";
import type { Detection } from "../../src/frame/analysis.ts";
import type { FrameInfo } from "../../src/frame/frame.ts";
import { frameOf } from "./samples.ts";
import { Scene, type TrackIds } from "../../src/objects/scene.ts";

const beginMs = Date.parse("2026-11-29T10:00:00Z");

/** One of ten frames a second. */
export function frameAt(sequence: number, ptsMs = sequence * 100): FrameInfo {
  return frameOf({ sequence, ptsMs, capturedAtMs: beginMs + ptsMs, width: 100, height: 100 });
}

/** A person, a tenth of the picture wide. */
export function personAt(x: number, y = 0.2, more: Partial<Detection> = {}): Detection {
  const box = { x, y, width: 0.1, height: 0.3 };
  return { label: "person", labelId: 0, confidence: 0.9, box, ...more };
}

function countFrom(first: number): TrackIds {
  return { next: () => first++ };
}

/** A scene with these settings, whose objects are numbered from the first on. */
export function sceneOf(given: Record<string, unknown> = {}, first = 1): Scene {
  const problems: Problem[] = [];
  const { zones = [], lines = [], objects = objectDefaults } = checkTable(
    sceneSettings,
    given,
    problems,
  );
  deepEqual(problems, []);
  return new Scene("door", "detector", { objects, zones, lines }, countFrom(first));
}

/** Runs frames of 100 ms, and returns all that was told of objects. */
export function run(
  scene: Scene,
  frames: readonly (readonly Detection[])[],
  from = 0,
): EventDraft[] {
  return frames.flatMap((detections, index) =>
    scene.update(frameAt(from + index), { detections }).drafts
  );
}
