/**
 * Says what the whole picture shows: the best classes of a classifier.
 *
 * Model: any classifier with one output of scores, `[1, classes]` (extents of 1 do not matter), such
 * as resnet50 or mobilenet of the Open Model Zoo or the ONNX model zoo. What pictures it wants
 * differs from model to model: see `channels`, `range`, and `mean` and `std` for models that do not
 * normalise themselves.
 *
 * Output: `classifications`, the best first.
 *
 * @module
 */

import {
  floats,
  type InputRequest,
  pickOutput,
  softmax,
  type Tensor,
  topK,
  type UseCaseFactory,
} from "../src/mod.ts";
import { declaredOutputs } from "./parts/declared.ts";
import { checkLabelCount, chooseLabels } from "./parts/labels.ts";
import { normalizer } from "./parts/normalize.ts";
import {
  fraction,
  names,
  numberBetween,
  oneOf,
  readOptions,
  wholeBetween,
} from "./parts/options.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** How many classes to report at most. @default {5} */
  readonly k?: number;
  /** Classes below this confidence are left out; 0…1. @default {0} */
  readonly threshold?: number;
  /** Names by the number of the class. @default {the model's own, else "label 0" and so on} */
  readonly labels?: readonly string[];
  /**
   * What is done with the output: `softmax` for raw scores (logits), `none` for probabilities,
   * `auto` tells by the numbers: those outside of 0…1 are raw scores. @default {"auto"}
   */
  readonly activation?: "auto" | "none" | "softmax";
  /** Order of the colours that the model was trained with. @default {"rgb"} */
  readonly channels?: "rgb" | "bgr";
  /** Full intensity of a pixel, for models that take floats. @default {255, or 1 with mean or std} */
  readonly range?: 1 | 255;
  /** Subtracted from each channel, in the units of `range`. @default {nothing} */
  readonly mean?: readonly number[];
  /** Each channel is divided by it, in the units of `range`. @default {1} */
  readonly std?: readonly number[];
}

const defaults = { k: 5, threshold: 0, activation: "auto", channels: "rgb" } satisfies Options;

/** Room for rounding, and for models of integers. */
const tolerance = 0.02;

const perChannel = {
  allowed: "a list of three numbers, none of std 0",
  fits: (value: unknown) =>
    Array.isArray(value) && value.length === 3 && value.every(numberBetween(-1e6, 1e6).fits),
};

/** Makes the use case for one stream. */
const classification: UseCaseFactory<Options | undefined> = (options, context) => {
  const settings = readOptions<Options, typeof defaults>(options, defaults, {
    k: wholeBetween(1, 1000),
    threshold: fraction,
    labels: names,
    activation: oneOf("auto", "none", "softmax"),
    channels: oneOf("rgb", "bgr"),
    range: { allowed: "1 or 255", fits: (value) => value === 1 || value === 255 },
    mean: perChannel,
    std: {
      ...perChannel,
      fits: (value) => perChannel.fits(value) && !(value as number[]).includes(0),
    },
  });
  const { k, threshold, labels: given, activation, channels, mean, std } = settings;
  const input: InputRequest = { channels, range: settings.range ?? (mean || std ? 1 : 255) };
  const labels = chooseLabels(context, { given });
  const declared = declaredOutputs(context.model, { extent: 0 });
  if (declared) {
    const output = pickOutput(declared);
    checkScores(output);
    const { shape } = output;
    const classes = shape.slice(1).reduce((product, extent) => product * extent, 1);
    if (classes > 0) checkLabelCount(context, given, classes);
  }
  let isLogged = false;
  /** Raw scores that happen to lie in 0…1 are still raw scores. */
  let isRaw = activation === "softmax";

  return {
    input,
    ...((mean || std) && { preprocess: normalizer(context, { mean, std }) }),
    postprocess: function classify(outputs) {
      checkScores(pickOutput(outputs));
      const scores = floats(outputs);
      isRaw ||= activation === "auto" && scores.some((score) => score < 0 || score > 1);
      if (activation === "none") warnOfRawScores(scores);
      const shares = isRaw ? softmax(scores) : scores;
      const best = topK(shares, k).filter(({ value }) => value >= threshold);
      return {
        classifications: best.map(({ index, value }) => ({
          label: labels[index] ?? `label ${index}`,
          labelId: index,
          // `none` for raw scores would break the contract; it is the nearest that is one.
          confidence: Math.min(1, Math.max(0, value)),
        })),
      };
    },
  };

  /** The nearest confidences are reported; that they are none has to be said. */
  function warnOfRawScores(scores: Float32Array): void {
    const wrong = scores.find((score) => score < 0 || score > 1 + tolerance);
    if (isLogged || wrong === undefined) return;
    isLogged = true;
    context.log(
      "warning",
      `A score is ${wrong}, outside 0…1: it looks like logits; activation "softmax" or "auto" makes ` +
        "probabilities of them",
    );
  }
};

/** Of scores all extents but one are 1; two that are more are rows of something else. */
function checkScores({ datatype, shape }: Tensor): void {
  if (shape.filter((extent) => extent > 1).length <= 1) return;
  throw new TypeError(
    `the model's output is ${datatype} [${shape}], it must be a score for each class: [1, classes]`,
  );
}

export default classification;
