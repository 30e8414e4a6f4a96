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
export const jointNames: readonly string[] = [
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

/** The joints of a box. */
export function jointsOf(
  head: Head,
  { at }: Candidate,
  frame: { readonly width: number; readonly height: number },
): Joint[] {
  return Array.from({ length: head.keypoints }, (_, joint) => {
    const x = extra(head, at, joint * 3) / frame.width;
    const y = extra(head, at, joint * 3 + 1) / frame.height;
    const confidence = Math.min(1, Math.max(0, extra(head, at, joint * 3 + 2)));
    return { point: [x, y], confidence };
  });
}

/** The lines to draw: limbs as far as their joints are seen in succession. */
export function limbsOf(joints: readonly Joint[], threshold: number): Point[][] {
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
