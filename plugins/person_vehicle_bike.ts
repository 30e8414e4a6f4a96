/**
 * Finds persons, vehicles and bikes with an SSD detector.
 *
 * Model: person-vehicle-bike-detection-2002 (Open Model Zoo) or the small one of the demo
 * (`demo/person_vehicle_bike.onnx`); input 1×3×H×W BGR, output `[1, 1, N, 7]`, one row a detection:
 * image id (−1 ends the list), label, confidence, x_min, y_min, x_max, y_max in 0…1. Any other SSD
 * with such an output does too, with its `labels` or the names in its own metadata.
 *
 * @module
 */

import {
  type Detection,
  type Tensor,
  type Tensors,
  undoLetterbox,
  type UseCaseFactory,
} from "../src/mod.ts";
import { declaredOutputs } from "./parts/declared.ts";
import { chooseLabels } from "./parts/labels.ts";
import { fraction, names, readOptions } from "./parts/options.ts";
import { SameAnswers } from "./parts/same_answers.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Detections below this confidence are left out; 0…1. @default {0.75} */
  readonly threshold?: number;
  /** Names by the number of the class. @default {the model's own, else vehicle, person, bike} */
  readonly labels?: readonly string[];
}

const defaults = { threshold: 0.75 } satisfies Options;

/** The classes of the model that the plugin is named after. */
const ownLabels = ["vehicle", "person", "bike"];
const ownModel = /person.?vehicle.?bike/i;

const valuesPerRow = 7;
/** Room for rounding, and for models of integers. */
const tolerance = 0.02;
/** Boxes reach a little beyond the picture; of coordinates in pixels hardly one is so small. */
const farthest = 4;

/** Makes the use case for one stream. */
const personVehicleBike: UseCaseFactory<Options | undefined> = (options, context) => {
  const { threshold, labels: given } = readOptions<Options, typeof defaults>(options, defaults, {
    threshold: fraction,
    labels: names,
  });
  const declared = declaredOutputs(context.model, { extent: valuesPerRow });
  if (declared) findRows(declared);
  const isKnown = ownModel.test(context.model.name);
  const labels = chooseLabels(context, { given, fallback: ownLabels, isKnown });
  const sameAnswers = new SameAnswers(context);
  let misread: TypeError | null = null;
  return {
    postprocess: function findDetections(outputs, frame) {
      const rows = findRows(outputs);
      if (rows[0]! >= 0) sameAnswers.look(rows);
      misread ??= misreading(rows);
      if (misread) throw misread;
      const detections: Detection[] = [];
      for (let at = 0; at < rows.length; at += valuesPerRow) {
        const [imageId, labelId, confidence, xMin, yMin, xMax, yMax] = rows.subarray(at);
        if (imageId! < 0) break;
        if (confidence! < threshold) continue;
        detections.push({
          label: labels[labelId!] ?? `label ${labelId}`,
          labelId: labelId!,
          confidence: Math.min(1, confidence!),
          box: undoLetterbox(
            { x: xMin!, y: yMin!, width: xMax! - xMin!, height: yMax! - yMin! },
            frame.contentRect,
          ),
        });
      }
      return { detections };
    },
  };
};

/** @throws {TypeError} when there are none, naming what there is. */
function findRows(outputs: Tensors): Float32Array {
  const rows = Object.values(outputs).find(({ shape }) => shape.at(-1) === valuesPerRow);
  if (rows?.data instanceof Float32Array) return rows.data;
  const shown = ([name, { datatype, shape }]: [string, Tensor]) =>
    `"${name}" ${datatype} [${shape}]`;
  const known = Object.entries(outputs).map(shown).join(", ");
  const others = known === "" ? "" : `, it has ${known}`;
  throw new TypeError(`the model has no FP32 output of shape [1,1,N,7]${others}`);
}

/** What the rows look like when they are not those of an SSD; the same for every frame. */
function misreading(rows: Float32Array): TypeError | null {
  for (let at = 0; at < rows.length && rows[at]! >= 0; at += valuesPerRow) {
    const [, labelId, score, ...corners] = rows.subarray(at, at + valuesPerRow);
    const problem = score! < -tolerance || score! > 1 + tolerance
      ? `a score is ${score}, allowed is 0 to 1: it looks like logits, from before their sigmoid`
      : corners.some((place) => Math.abs(place) > farthest)
      ? `a corner is at ${corners.join(", ")}: it looks like pixels in place of fractions 0…1`
      : !Number.isInteger(labelId) || labelId! < 0
      ? `a class is ${labelId}, which is no number of one`
      : corners[2]! < corners[0]! - tolerance || corners[3]! < corners[1]! - tolerance
      ? `a box has a negative width or height: it looks like centres and sizes in place of corners`
      : null;
    if (problem !== null) return new TypeError(`the model's answer is misread: ${problem}`);
  }
  return null;
}

export default personVehicleBike;
