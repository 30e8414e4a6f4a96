/** A plugin that sees one person stand in a zone, whatever the picture shows. */

import { createTracker, createZone, type UseCaseFactory } from "../../src/mod.ts";

/** What a test may say. */
export interface Options {
  /** Number of the frame at which it hangs. @default {never} */
  readonly hangsAt?: number;
}

const makeStanding: UseCaseFactory<Options | undefined> = (options) => {
  const tracker = createTracker();
  const polygon = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.9], [0.2, 0.9]] as const;
  const zone = createZone({ name: "z", polygon, dwellMs: 1500 });
  const box = { x: 0.4, y: 0.3, width: 0.1, height: 0.4 };
  const person = { label: "person", labelId: 0, confidence: 0.9, box };
  return {
    input: { width: 64, height: 48 },
    preprocess: () => ({}),
    postprocess: (_outputs, { ptsMs, sequence }) => {
      while (sequence === options?.hangsAt);
      const detections = tracker.update([person], ptsMs);
      return { detections, events: zone.update(detections, ptsMs) };
    },
  };
};

export default makeStanding;
