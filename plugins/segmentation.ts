/**
 * Draws what a segmentation model sees: the outline of each class, and its share of the picture.
 *
 * Model: any with one output of
 * - scores `[1, classes, H, W]`, such as deeplabv3 or road-segmentation-adas-0001,
 * - a map of class numbers `[1, 1, H, W]` or `[1, H, W]` (integers, or floats that are whole),
 * - or probabilities of one class `[1, 1, H, W]`: from `threshold` on it is class 1.
 *
 * Output: closed polylines among the annotations, the largest regions first; `data.shares` with the
 * share of the picture by label, 0…1.
 *
 * @module
 */

import {
  type Annotation,
  pickOutput,
  type Region,
  type Tensor,
  type Tensors,
  traceMask,
  undoLetterboxPoint,
  type UseCaseFactory,
} from "../src/mod.ts";
import { declaredOutputs } from "./parts/declared.ts";
import { checkLabelCount, chooseLabels } from "./parts/labels.ts";
import { fraction, names, oneOf, readOptions, wholeBetween } from "./parts/options.ts";
import { colorOf } from "./parts/palette.ts";
import { checkMap, type LabelMap, labelMapOf, thinned } from "./segmentation/label_map.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Names by the number of the class. @default {the model's own, else "label 0" and so on} */
  readonly labels?: readonly string[];
  /** Number of the class that is not drawn; −1 = all are. @default {0} */
  readonly background?: number;
  /** Only these labels are drawn. @default {all} */
  readonly only?: readonly string[];
  /** Regions smaller than this share of the picture are not drawn. @default {0.001} */
  readonly minShare?: number;
  /** For a map of probabilities: from here on it is class 1. @default {0.5} */
  readonly threshold?: number;
  /** Cells of the longer side in which outlines are traced at most. @default {256} */
  readonly detail?: number;
  /** Order of the colours that the model was trained with. @default {"rgb"} */
  readonly channels?: "rgb" | "bgr";
  /** Full intensity of a pixel, for models that take floats. @default {255} */
  readonly range?: 1 | 255;
  /** How the picture fits into the model's input. @default {"stretch"} */
  readonly fit?: "stretch" | "letterbox";
  /** Name of the output. @default {the only one of picture shape} */
  readonly output?: string;
}

const defaults = {
  background: 0,
  minShare: 0.001,
  threshold: 0.5,
  detail: 256,
  channels: "rgb",
  range: 255,
  fit: "stretch",
} satisfies Options;

/** Makes the use case for one stream. */
const segmentation: UseCaseFactory<Options | undefined> = (options, context) => {
  const settings = readOptions<Options, typeof defaults>(options, defaults, {
    labels: names,
    background: wholeBetween(-1, 65_535),
    only: names,
    minShare: fraction,
    threshold: fraction,
    detail: wholeBetween(8, 4096),
    channels: oneOf("rgb", "bgr"),
    range: { allowed: "1 or 255", fits: (value) => value === 1 || value === 255 },
    fit: oneOf("stretch", "letterbox"),
    output: { allowed: "a text", fits: (value) => typeof value === "string" },
  });
  const { channels, range, fit, background, minShare, detail } = settings;
  const labels = chooseLabels(context, { given: settings.labels });
  const declared = declaredOutputs(context.model, { extent: 0 });
  if (declared) {
    const output = choose(declared, settings.output);
    checkMap(output);
    const { shape } = output;
    const classes = shape.length === 4 ? shape[1]! : 0;
    // One is a map of classes, or a probability.
    if (classes > 1) checkLabelCount(context, settings.labels, classes);
  }
  const only = settings.only && new Set(settings.only);
  const nameOf = (id: number) => labels[id] ?? `label ${id}`;

  return {
    input: { channels, range, fit },
    postprocess: function outlineClasses(outputs, { contentRect }) {
      const map = labelMapOf(choose(outputs, settings.output), settings.threshold);
      const cells = cellsOf(map, contentRect);
      const shares = [...countClasses(map, cells)].toSorted(([, a], [, b]) => b - a);
      const coarse = thinned(map, detail);
      const { x: left, y: top, ...extent } = cellsOf(coarse, contentRect);
      const minArea = Math.max(1, minShare * coarse.width * coarse.height);
      const annotations = shares.flatMap(([id, share]): Annotation[] => {
        if (id === background || share < minShare || only && !only.has(nameOf(id))) return [];
        // What a model sees in the bars of a letterbox is not there.
        const has = (x: number, y: number) =>
          coarse.ids[y * coarse.width + x] === id && x >= left && x < left + extent.width &&
          y >= top && y < top + extent.height;
        return traceMask({ width: coarse.width, height: coarse.height, has }, { minArea })
          .map((points) => ({
            kind: "polyline",
            points: points.map((point) => undoLetterboxPoint(point, contentRect)),
            closed: true,
            color: colorOf(id),
          }));
      });
      const rounded = shares.map((
        [id, share],
      ) => [nameOf(id), Math.round(share * 10_000) / 10_000]);
      return { annotations, data: { shares: Object.fromEntries(rounded) } };
    },
  };
};

/** The output with the shape of a picture, when the options name none. */
function choose(outputs: Tensors, name: string | undefined): Tensor {
  if (name !== undefined) return pickOutput(outputs, name);
  const maps = Object.entries(outputs).filter(([, { shape }]) =>
    shape.length === 4 || shape.length === 3
  );
  // None: then the error tells of all there are.
  return pickOutput(maps.length > 0 ? Object.fromEntries(maps) : outputs);
}

/** The part of the map that is the camera's picture, in whole cells. */
function cellsOf({ width, height }: LabelMap, { x, y, ...extent }: Region): Region {
  // A picture of which only a region is looked at reaches beyond the map.
  const cell = (share: number, cells: number) => {
    return Math.min(cells, Math.max(0, Math.round(share * cells)));
  };
  const left = cell(x, width);
  const top = cell(y, height);
  return {
    x: left,
    y: top,
    width: cell(x + extent.width, width) - left,
    height: cell(y + extent.height, height) - top,
  };
}

/** Share of the picture by class. */
function countClasses({ ids, width }: LabelMap, cells: Region): Map<number, number> {
  const counts = new Uint32Array(65_536);
  for (let y = cells.y; y < cells.y + cells.height; y++) {
    for (let x = cells.x; x < cells.x + cells.width; x++) counts[ids[y * width + x]!]!++;
  }
  const area = cells.width * cells.height;
  const shares = new Map<number, number>();
  counts.forEach((count, id) => count > 0 && shares.set(id, count / area));
  return shares;
}

export default segmentation;
