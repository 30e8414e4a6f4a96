/**
 * Makes persons or faces unrecognisable in the live view.
 *
 * Model: that of the detector it is made over. Best is one that finds faces: any SSD with
 * `detectorOptions: {"labels": ["", "face"]}` (face-detection-retail-0004 and others of the Open
 * Model Zoo) or a YOLO trained on faces with `detector: "yolo"`. With the default model whole
 * persons are made unrecognisable; `upper: 0.35` hides only where the head of a standing person is.
 * Over a detector of your own, the whole plugin is three lines:
 *
 * ```ts ignore
 * import { faceBlur } from "./face_blur.ts";
 * import myDetector from "./my_detector.ts";
 * export default faceBlur(myDetector);
 * ```
 *
 * Output: the detector's own, and `data.hidden`, the boxes that are hidden. A box stays hidden for
 * `holdMs` after it was last seen, since a detector misses now and then. What no detector finds stays
 * visible: this lowers what the picture gives away, it is no guarantee.
 *
 * @module
 */

import type { Box, Detection, UseCaseFactory } from "../src/mod.ts";
import { overShipped } from "./parts/detectors.ts";
import {
  anyObject,
  fraction,
  names,
  numberBetween,
  oneOf,
  readOptions,
  wholeBetween,
} from "./parts/options.ts";
import { type AnyFactory, overDetector } from "./parts/over_detector.ts";
import { blurBox, fillBox, pixelateBox } from "./face_blur/hide.ts";

/** What `--use_case_options` may set, beside `detector`. */
export interface Options {
  /** What is hidden. @default {["person", "face"]} */
  readonly labels?: readonly string[];
  /** How. @default {"pixelate"} */
  readonly style?: "pixelate" | "blur" | "fill";
  /** Tiles, or radii of the blur, that fit into the shorter side of a box; fewer hide more. @default {6} */
  readonly blocks?: number;
  /** How much of a box is hidden, from its upper edge; 0…1. @default {1} */
  readonly upper?: number;
  /** How much farther than the box it reaches on each side, as a share of the box. @default {0.1} */
  readonly margin?: number;
  /** How long a box stays hidden after it was last seen, in milliseconds. @default {500} */
  readonly holdMs?: number;
  /** For the detector. */
  readonly detectorOptions?: object;
}

const defaults = {
  labels: ["person", "face"],
  style: "pixelate",
  blocks: 6,
  upper: 1,
  margin: 0.1,
  holdMs: 500,
} satisfies Options;

/** A box that was to be hidden, and when. */
interface Seen {
  readonly box: Box;
  readonly ptsMs: number;
}

/** Makes a plugin that hides what the detector finds. */
export function faceBlur(detector: AnyFactory): UseCaseFactory<Options | undefined> {
  return async function makeFaceBlur(options, context) {
    const settings = readOptions<Options, typeof defaults>(options, defaults, {
      labels: names,
      style: oneOf("pixelate", "blur", "fill"),
      blocks: wholeBetween(1, 64),
      upper: fraction,
      margin: fraction,
      holdMs: numberBetween(0, 60_000),
      detectorOptions: anyObject,
    });
    const labels = new Set(settings.labels);
    const { style, blocks, upper, margin, holdMs } = settings;
    let seen: Seen[] = [];

    const inner = await overDetector(
      detector,
      settings.detectorOptions,
      context,
      function chooseHidden(analysis, { ptsMs }) {
        const now = (analysis.detections ?? []).filter(({ label }) => labels.has(label));
        // A clock that went back has started again, with another scene.
        seen = seen.filter((one) => ptsMs >= one.ptsMs && ptsMs - one.ptsMs <= holdMs);
        seen.push(...now.map((detection) => ({ box: hiddenPart(detection), ptsMs })));
        return {
          ...analysis,
          data: { ...Object(analysis.data), hidden: seen.map(({ box }) => box) },
        };
      },
    );
    return {
      ...inner,
      visualize: async function hideBoxes(picture, analysis) {
        await inner.visualize?.(picture, analysis);
        // The analysis of this very picture: by now later ones may have been made.
        const { hidden = [] } = Object(analysis.data) as { hidden?: readonly Box[] };
        for (const box of hidden) {
          if (style === "fill") fillBox(picture, box);
          else if (style === "blur") blurBox(picture, box, blocks);
          else pixelateBox(picture, box, blocks);
        }
      },
    };

    function hiddenPart({ box }: Detection): Box {
      return {
        x: box.x - margin * box.width,
        y: box.y - margin * box.height,
        width: box.width * (1 + 2 * margin),
        height: box.height * (upper + (upper === 1 ? 2 : 1) * margin),
      };
    }
  };
}

export default overShipped(faceBlur);
