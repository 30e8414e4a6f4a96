/**
 * Finds objects with a YOLO detector: boxes, and outlines or poses where the model has them.
 *
 * Model: an ONNX export of YOLOv5, v7, v8, v9, v10, v11, v12 or any later one with one of these
 * heads, told apart by the shape of the output (see `yolo/head.ts`), such as `yolo export
 * model=yolo11n.pt format=onnx`; also its `-seg` and `-pose` variants. Input 1×3×H×W RGB 0…1,
 * letterboxed. The classes are those that `labels` or the model's own metadata name, else COCO's.
 * Oriented boxes, RT-DETR, raw YOLOX and others are refused, with what they look like.
 *
 * A `-seg` model's outlines are closed polylines among the annotations; of a `-pose` model `data`
 * holds `poses`, a list as long as the detections with the joints of each, `[x, y, confidence]`.
 *
 * @module
 */

import {
  type Analysis,
  type Annotation,
  cocoLabels,
  type FrameInfo,
  type ModelMetadata,
  nms,
  type Point,
  undoLetterbox,
  undoLetterboxPoint,
  type UseCaseFactory,
} from "../src/mod.ts";
import { declaredOutputs } from "./parts/declared.ts";
import { chooseLabels } from "./parts/labels.ts";
import { fraction, names, oneOf, onOff, readOptions, wholeBetween } from "./parts/options.ts";
import { colorOf } from "./parts/palette.ts";
import { SameAnswers } from "./parts/same_answers.ts";
import { type Candidate, decode } from "./yolo/decode.ts";
import { FirstLook } from "./yolo/first_look.ts";
import { type Head, type HeadHints, readHead } from "./yolo/head.ts";
import type { HeadKind } from "./yolo/likeness.ts";
import { outlineOf } from "./yolo/masks.ts";
import { readTask } from "./yolo/task.ts";
import { jointName, jointsOf, limbsOf } from "./yolo/poses.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Detections below this confidence are left out; 0…1. @default {0.25} */
  readonly threshold?: number;
  /** Of two boxes of a class that overlap more than this, the better one stays; 0…1. @default {0.45} */
  readonly iouThreshold?: number;
  /** Names by the number of the class. @default {the model's own, else COCO's 80} */
  readonly labels?: readonly string[];
  /** Only these labels are reported. @default {all} */
  readonly only?: readonly string[];
  /** Detections at most, the most confident ones. @default {300} */
  readonly limit?: number;
  /** Which head it is, where the shape misleads. @default {"auto"} */
  readonly head?: HeadKind | "auto";
  /** Pixels of a side, for a model that takes any size. @default {640} */
  readonly size?: number;
  /** Draw the outlines of a model with masks. @default {true} */
  readonly masks?: boolean;
}

const defaults = {
  threshold: 0.25,
  iouThreshold: 0.45,
  limit: 300,
  head: "auto",
  size: 640,
  masks: true,
} satisfies Options;

/** A joint below it is not drawn; it stands in `data` all the same. */
const jointThreshold = 0.5;

/** Makes the use case for one stream. */
const yolo: UseCaseFactory<Options | undefined> = (options, context) => {
  const { model } = context;
  const settings = readOptions<Options, typeof defaults>(options, defaults, {
    threshold: fraction,
    iouThreshold: fraction,
    labels: names,
    only: names,
    limit: wholeBetween(1, 10_000),
    head: oneOf("auto", "v5", "v8", "v10"),
    size: wholeBetween(32, 4096),
    masks: onOff,
  });
  const { threshold, iouThreshold, limit } = settings;
  const only = settings.only && new Set(settings.only);
  const hints: HeadHints = {
    head: settings.head,
    classes: (settings.labels ?? model.labels)?.length ?? null,
    classesOf: settings.labels ? "labels" : "model",
    keypoints: readTask(model),
  };
  // What is open may be anything; so many boxes are usual.
  const declared = declaredOutputs(model, { extent: 8400 });
  if (declared && !leavesAllOpen(model)) readHead(declared, hints);
  const firstLook = new FirstLook();
  const sameAnswers = new SameAnswers(context);
  let labels: readonly string[] | null = null;

  return {
    input: { channels: "rgb", range: 1, fit: "letterbox", ...dynamicSize() },
    postprocess: function findObjects(outputs, frame) {
      const head = readHead(outputs, hints);
      firstLook.check(head);
      sameAnswers.look(head.data);
      const names = labels ??= chooseLabels(context, {
        given: settings.labels,
        ...defaultLabels(head),
      });
      const labelled = decode(head, threshold, frame).map((candidate) => ({
        ...candidate,
        confidence: firstLook.confidence(candidate.confidence),
        label: names[candidate.labelId] ?? `label ${candidate.labelId}`,
      })).filter(({ label }) => !only || only.has(label));
      // A head without NMS has made its choice.
      const kept = head.kind === "v10"
        ? labelled.toSorted((a, b) => b.confidence - a.confidence)
        : nms(labelled, { iouThreshold });
      const best = kept.slice(0, limit);
      return {
        detections: best.map(({ label, labelId, confidence, box }) => ({
          label,
          labelId,
          confidence,
          box: undoLetterbox(box, frame.contentRect),
        })),
        ...outlines(head, best, frame),
        ...poses(head, best, frame),
      };
    },
  };

  /** A size of our own only where the model leaves it open. */
  function dynamicSize() {
    const shape = model.inputs.find(({ shape }) => shape.length === 4)?.shape ?? [];
    const isOpen = (extent: number | undefined) => extent === -1;
    return {
      ...(isOpen(shape[3]) && { width: settings.size }),
      ...(isOpen(shape[2]) && { height: settings.size }),
    };
  }

  function outlines(head: Head, best: readonly Candidate[], frame: FrameInfo): Analysis {
    const { prototypes } = head;
    if (!prototypes || !settings.masks) return {};
    const annotations = best.flatMap((candidate): Annotation[] => {
      const points = outlineOf(head, prototypes, candidate);
      if (!points) return [];
      return [{
        kind: "polyline",
        points: inPicture(points, frame),
        closed: true,
        color: colorOf(candidate.labelId),
      }];
    });
    return { annotations };
  }

  function poses(head: Head, best: readonly Candidate[], frame: FrameInfo): Analysis {
    if (head.keypoints === 0) return {};
    const all = best.map((candidate) => jointsOf(head, candidate, frame));
    const annotations = all.flatMap((joints, index) =>
      limbsOf(joints, jointThreshold).map((points): Annotation => ({
        kind: "polyline",
        points: inPicture(points, frame),
        color: colorOf(index),
      }))
    );
    const poses = all.map((joints) =>
      Object.fromEntries(joints.map(({ point, confidence }, index) => {
        const [x, y] = undoLetterboxPoint(point, frame.contentRect);
        return [jointName(index, joints.length), [rounded(x), rounded(y), rounded(confidence)]];
      }))
    );
    return { annotations, data: { poses } };
  }
};

function inPicture(points: readonly Point[], { contentRect }: FrameInfo): Point[] {
  return points.map((point) => undoLetterboxPoint(point, contentRect));
}

/** Names are right only for a model with as many classes; a head without scores does not tell. */
function defaultLabels({ classes, keypoints }: Head) {
  const isCoco = classes === 0 || classes === cocoLabels.length || keypoints > 0;
  return { fallback: isCoco ? cocoLabels : undefined, isKnown: keypoints > 0 };
}

/** Whether a model tells neither how many boxes it has nor how many numbers each. */
function leavesAllOpen({ outputs }: ModelMetadata): boolean {
  return outputs.some(({ shape }) => shape.length === 3 && shape[1] === -1 && shape[2] === -1);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

export default yolo;
