import assert from "node:assert/strict";
import type { Helpers } from "../contract.ts";
import * as helpers from "./mod.ts";

Deno.test("helpers can be handed on as one object, each of them alone", () => {
  const { createTracker, createZone, createLine, createCooldown, ...rest } = { ...helpers };
  const names = Object.entries(rest).map(([name, value]) => `${name} ${typeof value}`);
  assert.deepEqual(names.sort(), [
    "anchorPoint function",
    "argmax function",
    "cocoLabels object",
    "crossingSide function",
    "floats function",
    "iou function",
    "nms function",
    "parseLabels function",
    "pickOutput function",
    "pointInPolygon function",
    "sigmoid function",
    "softmax function",
    "topK function",
    "traceMask function",
    "undoLetterbox function",
    "undoLetterboxPoint function",
  ]);
  // Methods taken off their object must not lose their way either.
  const { update } = createTracker({ minHits: 1 });
  const box = { x: 0.4, y: 0.4, width: 0.2, height: 0.2 };
  const tracks = update([{ label: "a", labelId: 0, confidence: 1, box }], 0);
  assert.equal(tracks[0]?.trackId, 1);
  const { update: updateZone } = createZone({
    name: "z",
    polygon: [[0, 0], [1, 1], [0, 1]],
    enterAfterMs: 0,
  });
  const { update: updateLine } = createLine({ name: "l", points: [[0, 0], [1, 1]] });
  const { pass } = createCooldown(1);
  assert.equal(updateZone(tracks, 0).length, 1);
  assert.equal(updateLine(tracks, 0).length, 0);
  assert.ok(pass("a", 0));
});

Deno.test("helpers of two streams share nothing", () => {
  const detection = {
    label: "a",
    labelId: 0,
    confidence: 1,
    box: { x: 0, y: 0, width: 1, height: 1 },
  };
  const [door, yard] = [1, 2].map(() => helpers.createTracker({ minHits: 1 }));
  assert.equal(door!.update([detection], 0)[0]?.trackId, 1);
  assert.equal(yard!.update([detection], 5000)[0]?.trackId, 1);
});

// Does not compile when one of the two has what the other lacks, or means something else by it.
type Same<A, B> = [A, B, keyof A] extends [B, A, keyof B] ? true : never;

Deno.test("Helpers of the contract is what the modules export", () => {
  const same: Same<Helpers, typeof helpers> = true;
  const sameNames: Same<keyof Helpers, keyof typeof helpers> = true;
  assert(same && sameNames);
});
