/** A greedy IoU tracker, to compare with. */

import type { Detection } from "../src/frame/analysis.ts";
import { iou } from "../src/helpers/iou.ts";
import type { Tracked, Tracker } from "../src/helpers/tracker.ts";

/** As in the real one. */
export interface GreedyOptions {
  readonly leastConfidence: number;
  readonly leastIou: number;
  readonly lostBufferMs: number;
  readonly minHits: number;
}

/** Joins each detection to the last box it overlaps most; knows no motion and no second look. */
export function createGreedyTracker(options: GreedyOptions): Tracker {
  const { leastConfidence, leastIou, lostBufferMs, minHits } = options;
  let tracks: { id: number; last: Detection; hits: number; seenAtMs: number }[] = [];
  let lastId = 0;
  return {
    update: function updateGreedily<D extends Detection>(detections: readonly D[], ptsMs: number) {
      tracks = tracks.filter(({ seenAtMs }) => ptsMs - seenAtMs <= lostBufferMs);
      const sure = detections.filter(({ confidence }) => confidence >= leastConfidence);
      const pairs = tracks.flatMap((track) =>
        sure.map((detection) => ({
          track,
          detection,
          overlap: iou(track.last.box, detection.box),
        }))
      ).filter(({ overlap }) => overlap >= leastIou).sort((a, b) => b.overlap - a.overlap);
      const trackOf = new Map<D, (typeof tracks)[number]>();
      const taken = new Set<unknown>();
      for (const { track, detection } of pairs) {
        if (taken.has(track) || trackOf.has(detection)) continue;
        taken.add(track);
        trackOf.set(detection, track);
        Object.assign(track, { last: detection, hits: track.hits + 1, seenAtMs: ptsMs });
        if (track.id === 0 && track.hits >= minHits) track.id = ++lastId;
      }
      for (const detection of sure) {
        if (!trackOf.has(detection)) {
          tracks.push({ id: 0, last: detection, hits: 1, seenAtMs: ptsMs });
        }
      }
      return sure.flatMap((detection): Tracked<D>[] => {
        const trackId = trackOf.get(detection)?.id ?? 0;
        return trackId > 0 ? [{ ...detection, trackId }] : [];
      });
    },
  };
}
