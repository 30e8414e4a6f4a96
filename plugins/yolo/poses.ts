/** Keypoints of a pose, and the lines between them. */

import type { Point } from "../../src/mod.ts";
import { type Candidate, extra } from "./decode.ts";
import type { Head } from "./head.ts";

/** One joint, and how sure the model is of it. */
export interface Joint {
  /** In fractions of the frame. */
  readonly point: Point;
  /** 0…1. */
  readonly confidence: number;
}

/** COCO's 17 joints, in the order in which models give them. */
const jointNames: readonly string[] = [
  ...["nose", "left_eye", "right_eye", "left_ear", "right_ear"],
  ...["left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"],
  ...["left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"],
];

/** Limbs as lines over several joints. */
const limbs = [
  [3, 1, 0, 2, 4],
  [9, 7, 5, 6, 8, 10],
  [5, 11, 12, 6],
  [11, 13, 15],
  [12, 14, 16],
];

/** What a joint is called: by its number where the skeleton is not COCO's. */
export function jointName(joint: number, count: number): string {
  return count === jointNames.length ? jointNames[joint]! : `joint ${joint}`;
}

/** The joints of a box. */
export function jointsOf(
  head: Head,
  { at }: Candidate,
  frame: { readonly width: number; readonly height: number },
): Joint[] {
  return Array.from({ length: head.keypoints }, (_, joint) => {
    const first = joint * head.jointValues;
    const x = extra(head, at, first) / frame.width;
    const y = extra(head, at, first + 1) / frame.height;
    // Where there are two numbers only, every joint is as good as the other.
    const seen = head.jointValues > 2 ? extra(head, at, first + 2) : 1;
    const confidence = Math.min(1, Math.max(0, seen));
    return { point: [x, y], confidence };
  });
}

/** The lines to draw: limbs as far as their joints are seen in succession. */
export function limbsOf(joints: readonly Joint[], threshold: number): Point[][] {
  // The joints of another skeleton are unknown.
  if (joints.length !== jointNames.length) return [];
  return limbs.flatMap((limb) => {
    const lines: Point[][] = [[]];
    for (const index of limb) {
      const joint = joints[index];
      if (joint && joint.confidence >= threshold) lines.at(-1)!.push(joint.point);
      else lines.push([]);
    }
    return lines.filter((line) => line.length > 1);
  });
}
