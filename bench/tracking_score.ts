/** Tracking metrics: IDF1, identity switches and MOTA, as TrackEval defines them. */

import type { Box } from "../src/frame/analysis.ts";
import { assign } from "../src/helpers/assign.ts";
import { iou } from "../src/helpers/iou.ts";

/** An object, or what a tracker takes for one, in one frame. */
export interface Identified {
  readonly id: number;
  readonly box: Box;
}

/** One frame of a sequence: what is there, and what the tracker reported. */
export interface ScoredFrame {
  readonly truth: readonly Identified[];
  readonly tracks: readonly Identified[];
}

/** Counts over one or more sequences. */
export interface TrackingCounts {
  readonly truth: number;
  readonly tracks: number;
  /** Matches under the one-to-one pairing of identities that is best over the whole sequence. */
  readonly identityMatches: number;
  /** Matches frame by frame. */
  readonly matches: number;
  /** Objects matched with another track than the one they were matched with last. */
  readonly switches: number;
}

/** Least IoU at which a track counts as being on an object. */
const leastIou = 0.5;

/** Counts one sequence. */
export function countTracking(frames: readonly ScoredFrame[]): TrackingCounts {
  return {
    truth: frames.reduce((sum, { truth }) => sum + truth.length, 0),
    tracks: frames.reduce((sum, { tracks }) => sum + tracks.length, 0),
    identityMatches: countIdentityMatches(frames),
    ...countFrameByFrame(frames),
  };
}

/** The counts of several sequences together. */
export function addCounts(all: readonly TrackingCounts[]): TrackingCounts {
  const sum = (key: keyof TrackingCounts) => all.reduce((total, counts) => total + counts[key], 0);
  return {
    truth: sum("truth"),
    tracks: sum("tracks"),
    identityMatches: sum("identityMatches"),
    matches: sum("matches"),
    switches: sum("switches"),
  };
}

/** Identity F1: 2·IDTP / (2·IDTP + IDFP + IDFN), 0…1. */
export function idf1({ truth, tracks, identityMatches }: TrackingCounts): number {
  return 2 * identityMatches / (truth + tracks);
}

/** Multi-object tracking accuracy: 1 − (misses + false positives + switches) / truth. */
export function mota({ truth, tracks, matches, switches }: TrackingCounts): number {
  return 1 - (truth - matches + tracks - matches + switches) / truth;
}

function countIdentityMatches(frames: readonly ScoredFrame[]): number {
  const objects = numbered(frames.flatMap(({ truth }) => truth));
  const tracks = numbered(frames.flatMap(({ tracks }) => tracks));
  const together = new Float64Array(objects.size * tracks.size);
  for (const frame of frames) {
    for (const object of frame.truth) {
      for (const track of frame.tracks) {
        if (iou(object.box, track.box) < leastIou) continue;
        together[objects.get(object.id)! * tracks.size + tracks.get(track.id)!]!--;
      }
    }
  }
  let matches = 0;
  assign(together, objects.size, tracks.size, 0).forEach((track, object) => {
    if (track >= 0) matches -= together[object * tracks.size + track]!;
  });
  return matches;
}

function numbered(all: readonly Identified[]): Map<number, number> {
  return new Map([...new Set(all.map(({ id }) => id))].map((id, at) => [id, at]));
}

/** CLEAR MOT: a pair of the frame before goes on if it can, then the overlaps decide. */
function countFrameByFrame(
  frames: readonly ScoredFrame[],
): Pick<TrackingCounts, "matches" | "switches"> {
  let matches = 0;
  let switches = 0;
  const lastTrack = new Map<number, number>();
  let pairs = new Map<number, number>();
  for (const { truth, tracks } of frames) {
    const costs = truth.flatMap((object) =>
      tracks.map((track) => {
        const overlap = iou(object.box, track.box);
        if (overlap < leastIou) return 0;
        return -overlap - (pairs.get(object.id) === track.id ? 1000 : 0);
      })
    );
    pairs = new Map();
    assign(costs, truth.length, tracks.length, 0).forEach((column, row) => {
      const track = tracks[column];
      if (!track) return;
      const { id } = truth[row]!;
      matches++;
      if ((lastTrack.get(id) ?? track.id) !== track.id) switches++;
      lastTrack.set(id, track.id);
      pairs.set(id, track.id);
    });
  }
  return { matches, switches };
}
